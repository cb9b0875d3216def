package org.blazefl4j.worker;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Detects clients that change something that all threads of a process share. Compares whenever a client starts or ends
 * anywhere in the process. After a change, names all clients that ran meanwhile, because any of them may be the cause.
 * Takes no lock while nothing changes. For one thread at a time.
 */
abstract class ClientWatch implements ClientGuard, AutoCloseable {

    /** The open watches of one kind that have run a client. */
    static final class Group {

        private final List<ClientWatch> watches = new CopyOnWriteArrayList<>();

        boolean isEmpty() {
            return watches.isEmpty();
        }

        /** Attributes a change, as described, to all running clients. Returns false if there are none. */
        boolean suspectAll(String change) {
            List<Run> running = watches.stream()
                    .map(watch -> watch.run)
                    .filter(Objects::nonNull)
                    .toList();
            Set<Integer> suspects = new TreeSet<>();
            running.forEach(run -> suspects.add(run.client));
            running.forEach(run -> run.suspect(suspects, change));
            return !running.isEmpty();
        }
    }

    private static final class Run {

        final int client;
        volatile Set<Integer> suspects = Set.of();
        volatile String change = "";

        Run(int client) {
            this.client = client;
        }

        /** Adds suspects. Keeps the first change, because later ones may follow from it. */
        void suspect(Set<Integer> more, String what) {
            Set<Integer> all = new TreeSet<>(suspects);
            change = all.isEmpty() ? what : change;
            all.addAll(more);
            suspects = all;
        }
    }

    private final Group group;
    private volatile @Nullable Run run;
    private boolean registered;

    /** Creates a watch that joins its group with its first client. */
    ClientWatch(Group group) {
        this.group = group;
    }

    /** Compares, and attributes a change to the running clients. */
    abstract void compare();

    /**
     * Reports a change that a client may have caused.
     *
     * @param suspects the clients that may have caused it
     * @throws ContractViolationException if the change is a failure
     */
    abstract void report(ClientJob job, Set<Integer> suspects, String change, @Nullable Throwable thrown);

    @Override
    public void begin(ClientJob job) {
        if (!registered) {
            registered = true;
            group.watches.add(this);
        }
        compare();
        run = new Run(job.clientId());
    }

    @Override
    public void end(ClientJob job, @Nullable Throwable thrown) {
        compare();
        Run ended = run;
        run = null;
        if (ended != null && !ended.suspects.isEmpty()) {
            report(job, ended.suspects, ended.change, thrown);
        }
    }

    /** Leaves the group. */
    @Override
    public void close() {
        group.watches.remove(this);
    }
}

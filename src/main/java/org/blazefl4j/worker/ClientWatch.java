package org.blazefl4j.worker;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Detects clients that change something that all threads of a process share. Compares whenever a client starts or ends
 * anywhere in the process. After a change, names all clients that ran meanwhile, because any of them may be the cause.
 * Takes no lock while nothing changes. For one thread at a time.
 */
abstract class ClientWatch implements AutoCloseable {

    /** The open watches of one kind that have run a client. */
    static final class Group {

        private final List<ClientWatch> watches = new CopyOnWriteArrayList<>();

        boolean isEmpty() {
            return watches.isEmpty();
        }

        /** Attributes a change to all running clients. Returns false if there are none. */
        boolean suspectAll(Change change) {
            List<Run> running = watches.stream()
                    .map(watch -> watch.run)
                    .filter(Objects::nonNull)
                    .toList();
            Set<Integer> suspects = new TreeSet<>();
            running.forEach(run -> suspects.add(run.job.clientId()));
            running.forEach(run -> run.suspect(suspects, change));
            return !running.isEmpty();
        }
    }

    /**
     * A change.
     *
     * @param found the new values, as {@code name=value}
     * @param expected the old values
     */
    record Change(List<String> found, List<String> expected) {

        /** A change without details. */
        static final Change UNKNOWN = new Change(List.of(), List.of());
    }

    /** A running client. */
    private static final class Run {

        final ClientJob job;
        volatile Set<Integer> suspects = Set.of();
        volatile Change change;

        Run(ClientJob job) {
            this.job = job;
        }

        /** Adds suspects. Keeps the first change, because later ones may follow from it. */
        void suspect(Set<Integer> more, Change what) {
            change = change == null ? what : change;
            Set<Integer> all = new TreeSet<>(suspects);
            all.addAll(more);
            suspects = all;
        }
    }

    private final Group group;
    private volatile Run run;
    private boolean registered;

    /**
     * Creates a watch that runs no client yet.
     *
     * @param group the watches of the same kind
     */
    ClientWatch(Group group) {
        this.group = group;
    }

    /** Compares, and attributes a change to the running clients. */
    abstract void compare();

    /**
     * Reports a change that a client may have caused.
     *
     * @param suspects the clients that may have caused it
     * @param thrown the client's exception, or null
     * @throws ContractViolationException if the change is a failure
     */
    abstract void report(ClientJob job, Set<Integer> suspects, Change change, Throwable thrown);

    /**
     * Runs a client and reports changes meanwhile, also if the client fails.
     *
     * @throws ContractViolationException if a change is a failure
     */
    <T> T during(ClientJob job, Callable<T> client) throws Exception {
        enter(job);
        T result;
        try {
            result = client.call();
        } catch (Throwable thrown) {
            leave(job, thrown);
            throw thrown;
        }
        leave(job, null);
        return result;
    }

    private void enter(ClientJob job) {
        if (!registered) {
            registered = true;
            group.watches.add(this);
        }
        compare();
        run = new Run(job);
    }

    private void leave(ClientJob job, Throwable thrown) {
        compare();
        Run ended = run;
        run = null;
        if (!ended.suspects.isEmpty()) {
            report(job, ended.suspects, ended.change, thrown);
        }
    }

    /** Ends the watch. */
    @Override
    public void close() {
        group.watches.remove(this);
    }
}

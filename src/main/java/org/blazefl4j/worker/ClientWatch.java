package org.blazefl4j.worker;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Finds out which clients changed something that all threads of a process share. It is compared whenever a client
 * starts or ends, anywhere in the process; if it changed, all clients that ran in between are named, for one of them
 * did it.
 *
 * <p>As long as nothing changes, nobody waits for anybody. Used by one thread at a time.
 */
abstract class ClientWatch implements AutoCloseable {

    /** The watches of one kind that have run a client and are not closed. */
    static final class Group {

        private final List<ClientWatch> watches = new CopyOnWriteArrayList<>();

        boolean isEmpty() {
            return watches.isEmpty();
        }

        /** Holds a change against all clients that run. False if none does. */
        boolean suspectAll(Change change) {
            List<Visit> running = watches.stream()
                    .map(watch -> watch.visit)
                    .filter(Objects::nonNull)
                    .toList();
            Set<Integer> suspects = new TreeSet<>();
            running.forEach(visit -> suspects.add(visit.job.clientId()));
            running.forEach(visit -> visit.suspect(suspects, change));
            return !running.isEmpty();
        }
    }

    /**
     * What was found.
     *
     * @param found what it is now, as {@code name=value}
     * @param expected what it was before
     */
    record Change(List<String> found, List<String> expected) {

        /** Where there is nothing to tell but that it changed. */
        static final Change UNTOLD = new Change(List.of(), List.of());
    }

    /** One client while it runs. */
    private static final class Visit {

        final ClientJob job;
        volatile Set<Integer> suspects = Set.of();
        volatile Change change;

        Visit(ClientJob job) {
            this.job = job;
        }

        /** The first change is told, for later ones may follow from it. */
        void suspect(Set<Integer> more, Change what) {
            change = change == null ? what : change;
            Set<Integer> all = new TreeSet<>(suspects);
            all.addAll(more);
            suspects = all;
        }
    }

    private final Group group;
    private volatile Visit visit;
    private boolean registered;

    /**
     * Of no client yet.
     *
     * @param group the watches of the same kind
     */
    ClientWatch(Group group) {
        this.group = group;
    }

    /** Looks, and if there was a change, holds it against those that run. */
    abstract void compare();

    /**
     * Tells of a change that may be the client's.
     *
     * @param suspects the clients one of which did it
     * @param thrown what the client threw besides; null if nothing
     * @throws ContractViolationException if it is a failure
     */
    abstract void report(ClientJob job, Set<Integer> suspects, Change change, Throwable thrown);

    /**
     * Runs one client, and reports what it, or one beside it, changed, however it ended.
     *
     * @throws ContractViolationException if that is a failure
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
        visit = new Visit(job);
    }

    private void leave(ClientJob job, Throwable thrown) {
        compare();
        Visit ended = visit;
        visit = null;
        if (!ended.suspects.isEmpty()) {
            report(job, ended.suspects, ended.change, thrown);
        }
    }

    /** Runs no further client. */
    @Override
    public void close() {
        group.watches.remove(this);
    }
}

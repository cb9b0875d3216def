package org.blazefl4j.worker;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.WorkFailedException;

/**
 * The failures of one round, and what the policy makes of them. Clients are known by their positions in the list, in
 * whose order failures are told. Thread-safe; as long as no client fails it costs nothing to speak of.
 */
public final class ClientFailures {

    private static final Logger LOGGER = System.getLogger(ClientFailures.class.getName());

    private final FailureRules rules;

    /** Of clients about which nothing is settled. */
    private final SortedMap<Integer, Attempts> open = new TreeMap<>();

    private final SortedMap<Integer, ClientFailedException> dropped = new TreeMap<>();
    private final SortedMap<Integer, Integer> nonFinite = new TreeMap<>();
    private final SortedMap<Integer, WorkFailedException> fatal = new TreeMap<>();
    private final List<WorkFailedException> retried = new ArrayList<>();

    /** What became of a client's attempts. */
    private static final class Attempts {
        private final List<WorkFailedException> failures = new ArrayList<>(1);
        private int counted;
    }

    /** None so far. */
    public ClientFailures(FailureRules rules) {
        this.rules = rules;
    }

    /**
     * An attempt failed.
     *
     * @param finished whether the client itself had done its work, so that it does not count as one of its retries
     * @param ending whether the round ends for other reasons, so that nobody is trained again
     */
    synchronized FailureDecision add(int index, WorkFailedException failure, boolean finished, boolean ending) {
        Attempts attempts = open.computeIfAbsent(index, none -> new Attempts());
        attempts.failures.add(failure);
        attempts.counted += finished && rules.retries() > 0 ? 0 : 1;
        if (attempts.counted <= rules.retries() && attempts.failures.size() <= FailureRules.MOST_RETRIES) {
            return ending || !fatal.isEmpty() ? FailureDecision.END : retry(failure, attempts);
        }
        WorkFailedException all = WorkFailedException.ofAttempts(attempts.failures);
        return rules.drops() ? drop(index, (ClientFailedException) all) : end(index, all);
    }

    private FailureDecision retry(WorkFailedException failure, Attempts attempts) {
        String what = failure instanceof ClientFailedException ? "client is trained" : "shard is worked";
        LOGGER.log(
                Level.WARNING,
                what + " again: retry=" + attempts.counted + ", limit=" + rules.retries() + "; "
                        + failure.getMessage());
        return FailureDecision.RETRY;
    }

    /** The round goes on without this client, whatever the policy says. */
    synchronized FailureDecision drop(int index, ClientFailedException failure) {
        open.remove(index);
        dropped.put(index, failure);
        LOGGER.log(Level.WARNING, "client is dropped: {0}", failure.getMessage());
        return FailureDecision.DROP;
    }

    /** The round ends for this failure, whatever the policy says. */
    synchronized FailureDecision end(int index, WorkFailedException failure) {
        open.remove(index);
        fatal.put(index, failure);
        return FailureDecision.END;
    }

    /** This client's result is not finite, whatever becomes of it. */
    synchronized void nonFinite(int index, int client) {
        nonFinite.put(index, client);
    }

    /** The clients whose results are not finite, in list order. */
    public synchronized List<Integer> nonFinite() {
        return List.copyOf(nonFinite.values());
    }

    /** The client's package was taken: what failed before was made good. */
    synchronized void accepted(int index) {
        Attempts attempts = open.remove(index);
        if (attempts != null) {
            retried.addAll(attempts.failures);
        }
    }

    synchronized boolean isDropped(int index) {
        return dropped.containsKey(index);
    }

    /** Whether all clients of the round were dropped. */
    synchronized boolean droppedAll(int size) {
        return dropped.size() == size && size > 0;
    }

    /** Whether a client failed for good, so that the round has to end. */
    synchronized boolean isFatal() {
        return !fatal.isEmpty();
    }

    /**
     * The failures for which the round ended or which were not made good when it did: the first that is fatal, or else
     * the first, with the others suppressed; null if there is none. To be asked once.
     */
    synchronized WorkFailedException unsettled() {
        SortedMap<Integer, WorkFailedException> all = new TreeMap<>(fatal);
        open.forEach((index, attempts) -> all.put(index, WorkFailedException.ofAttempts(attempts.failures)));
        return all.isEmpty() ? null : merged(all, fatal.isEmpty() ? all.firstKey() : fatal.firstKey());
    }

    /** Adds what {@link #unsettled} gives to an exception that ends the round. */
    void addUnsettledTo(Throwable end) {
        WorkFailedException unsettled = unsettled();
        if (unsettled != null) {
            end.addSuppressed(unsettled);
        }
    }

    /** The dropped clients' failures as one: the first, which says so, with the others suppressed. */
    synchronized ClientFailedException allDropped() {
        return ClientFailedException.ofWholeRound(dropped());
    }

    private static WorkFailedException merged(SortedMap<Integer, WorkFailedException> all, Integer first) {
        WorkFailedException chosen = all.get(first);
        all.values().stream().filter(other -> other != chosen).forEach(chosen::addSuppressed);
        return chosen;
    }

    /** The failures of dropped clients, in list order. */
    public synchronized List<ClientFailedException> dropped() {
        return List.copyOf(dropped.values());
    }

    /** The failures that a later attempt made good, in list order. */
    public synchronized List<ClientFailedException> retried() {
        return retried.stream().map(ClientFailedException.class::cast).toList();
    }
}

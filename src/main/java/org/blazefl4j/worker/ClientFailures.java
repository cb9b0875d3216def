package org.blazefl4j.worker;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.WorkFailedException;
import org.jspecify.annotations.Nullable;

/**
 * The failures of one round, and the policy's decisions. Clients are identified by their positions in the round, and
 * failures are reported in this order. Thread-safe. Costs almost nothing while no client fails.
 */
public final class ClientFailures {

    private static final Logger LOGGER = System.getLogger(ClientFailures.class.getName());

    private final FailureRules rules;

    /** Attempts of clients whose outcome is open. */
    private final SortedMap<Integer, Attempts> open = new TreeMap<>();

    private final SortedMap<Integer, ClientFailedException> dropped = new TreeMap<>();
    private final SortedMap<Integer, Integer> nonFinite = new TreeMap<>();
    private final SortedMap<Integer, WorkFailedException> fatal = new TreeMap<>();
    private final SortedMap<Integer, List<WorkFailedException>> retried = new TreeMap<>();

    private static final class Attempts {
        private final List<WorkFailedException> failures = new ArrayList<>(1);
        private int counted;
    }

    public ClientFailures(FailureRules rules) {
        this.rules = rules;
    }

    /**
     * Decides about a failed attempt.
     *
     * @param finished whether the client had finished its work, so that the attempt does not count as a retry
     * @param ending whether the round ends anyway, so that there are no retries
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
        LOGGER.log(
                Level.WARNING,
                "tried again: retry=" + attempts.counted + ", limit=" + rules.retries() + "; " + failure.getMessage());
        return FailureDecision.RETRY;
    }

    /** Drops a client, regardless of the policy. */
    synchronized FailureDecision drop(int index, ClientFailedException failure) {
        open.remove(index);
        dropped.put(index, failure);
        LOGGER.log(Level.WARNING, "client is dropped: {0}", failure.getMessage());
        return FailureDecision.DROP;
    }

    /** Ends the round because of a failure, regardless of the policy. */
    synchronized FailureDecision end(int index, WorkFailedException failure) {
        open.remove(index);
        fatal.put(index, failure);
        return FailureDecision.END;
    }

    synchronized void nonFinite(int index, int client) {
        nonFinite.put(index, client);
    }

    /** Returns the clients whose results are not finite, in order. */
    public synchronized List<Integer> nonFinite() {
        return List.copyOf(nonFinite.values());
    }

    /** Records that a client's package was taken, which settles its earlier failures. */
    synchronized void accepted(int index) {
        Attempts attempts = open.remove(index);
        if (attempts != null) {
            retried.put(index, attempts.failures);
        }
    }

    synchronized boolean isDropped(int index) {
        return dropped.containsKey(index);
    }

    synchronized boolean droppedAll(int size) {
        return dropped.size() == size && size > 0;
    }

    /** Returns whether a failure ends the round. */
    synchronized boolean isFatal() {
        return !fatal.isEmpty();
    }

    /**
     * Returns the failures that ended the round or were open when it ended: the first fatal one, or else the first,
     * with the others suppressed. Null if there is none. Call it once.
     */
    synchronized @Nullable WorkFailedException unsettled() {
        SortedMap<Integer, WorkFailedException> all = new TreeMap<>(fatal);
        open.forEach((index, attempts) -> all.put(index, WorkFailedException.ofAttempts(attempts.failures)));
        if (all.isEmpty()) {
            return null;
        }
        WorkFailedException first =
                (fatal.isEmpty() ? all : fatal).values().iterator().next();
        all.values().stream().filter(other -> other != first).forEach(first::addSuppressed);
        return first;
    }

    /** Adds {@link #unsettled} failures to an exception that ends the round. */
    void addUnsettledTo(Throwable end) {
        WorkFailedException unsettled = unsettled();
        if (unsettled != null) {
            end.addSuppressed(unsettled);
        }
    }

    /** Returns the failures of a round in which all clients were dropped, as one. */
    synchronized ClientFailedException allDropped() {
        return ClientFailedException.ofWholeRound(dropped());
    }

    /** Returns the failures of dropped clients, in order. */
    public synchronized List<ClientFailedException> dropped() {
        return List.copyOf(dropped.values());
    }

    /** Returns the failures after which a later attempt succeeded, in order. */
    public synchronized List<ClientFailedException> retried() {
        return retried.values().stream()
                .flatMap(List::stream)
                .map(ClientFailedException.class::cast)
                .toList();
    }
}

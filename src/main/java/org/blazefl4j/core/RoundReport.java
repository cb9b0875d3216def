package org.blazefl4j.core;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What happened in one round.
 *
 * @param round the round, from 0
 * @param clients the clients, in the order in which their packages were handed over, dropped ones among them
 * @param dropped those of them that failed and that the round did without
 * @param retries how many failures of clients a later attempt made good
 * @param nonFinite those of the clients whose results held NaN or an infinity, whatever became of these results
 * @param summary what {@link ServerHandler#getSummary()} said after the round, and {@link Simulation#addColumns
 *     columns} of the user's own
 * @param phases where the round's time went; listeners left out
 */
public record RoundReport(
        int round,
        List<Integer> clients,
        List<Integer> dropped,
        int retries,
        List<Integer> nonFinite,
        Map<String, Object> summary,
        PhaseTimes phases) {

    /** How long sampling and ordering the clients took. */
    public Duration sampling() {
        return phases.of(Phase.SAMPLE);
    }

    /** From publishing the downlink package to the last hand-over, less {@link #aggregation()}. */
    public Duration training() {
        return phases.training();
    }

    /** How long the handler took to load the packages. */
    public Duration aggregation() {
        return phases.of(Phase.AGGREGATE);
    }

    /** How long {@link ServerHandler#getSummary()} took. */
    public Duration evaluation() {
        return phases.of(Phase.EVALUATE);
    }

    /** How long the round took, from sampling to the end of the evaluation; listeners left out. */
    public Duration total() {
        return phases.total();
    }

    RoundReport withSummary(Map<String, Object> summary) {
        return new RoundReport(round, clients, dropped, retries, nonFinite, summary, phases);
    }
}

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
 * @param summary what {@link ServerHandler#getSummary()} said after the round
 * @param sampling how long sampling and ordering the clients took
 * @param training from publishing the downlink package to the last hand-over, less {@code aggregation}
 * @param aggregation how long the handler took to load the packages
 * @param evaluation how long {@link ServerHandler#getSummary()} took
 */
public record RoundReport(
        int round,
        List<Integer> clients,
        List<Integer> dropped,
        int retries,
        Map<String, Object> summary,
        Duration sampling,
        Duration training,
        Duration aggregation,
        Duration evaluation) {

    /** How long the round took, from sampling to the end of the evaluation; listeners left out. */
    public Duration total() {
        return sampling.plus(training).plus(aggregation).plus(evaluation);
    }
}

package org.blazefl4j.core;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.core.PhaseTimes.Phase;

/**
 * The outcome of one round.
 *
 * @param round the round, from 0
 * @param clients the clients, in the order in which their packages were handed over, dropped ones among them
 * @param dropped those that failed and were left out
 * @param retries the number of failures that a later attempt made good
 * @param nonFinite the clients whose results held NaN or an infinity, under any policy
 * @param summary {@link ServerHandler#getSummary()} after the round, and the user's own
 *     {@linkplain Simulation#addColumns columns}
 * @param phases where the round's time went, without listeners
 * @param evaluated whether the summary is that of {@link ServerHandler#getSummary()}, not just the
 *     {@linkplain ServerHandler#briefSummary() brief} one of rounds between evaluations
 */
public record RoundReport(
        int round,
        List<Integer> clients,
        List<Integer> dropped,
        int retries,
        List<Integer> nonFinite,
        Map<String, Object> summary,
        PhaseTimes phases,
        boolean evaluated) {

    /** Describes a round that was evaluated. */
    public RoundReport(
            int round,
            List<Integer> clients,
            List<Integer> dropped,
            int retries,
            List<Integer> nonFinite,
            Map<String, Object> summary,
            PhaseTimes phases) {
        this(round, clients, dropped, retries, nonFinite, summary, phases, true);
    }

    /** Returns the time for sampling and ordering the clients. */
    public Duration sampling() {
        return phases.of(Phase.SAMPLE);
    }

    /** Returns the time from publishing the downlink package to the last result, less {@link #aggregation()}. */
    public Duration training() {
        return phases.training();
    }

    /** Returns the time for loading packages and updating the model. */
    public Duration aggregation() {
        return phases.of(Phase.AGGREGATE);
    }

    /** Returns the time of {@link ServerHandler#getSummary()} and of the user's own columns. */
    public Duration evaluation() {
        return phases.of(Phase.EVALUATE);
    }

    /** Returns the time of the round, from sampling to the end of the evaluation, without listeners. */
    public Duration total() {
        return phases.total();
    }

    RoundReport withPhases(PhaseTimes phases) {
        return new RoundReport(round, clients, dropped, retries, nonFinite, summary, phases, evaluated);
    }

    RoundReport withSummary(Map<String, Object> summary) {
        return new RoundReport(round, clients, dropped, retries, nonFinite, summary, phases, evaluated);
    }

    /** Returns the report with the whole summary before what it has. */
    RoundReport evaluated(Map<String, Object> whole) {
        Map<String, Object> all = new LinkedHashMap<>(whole);
        summary.forEach(all::putIfAbsent);
        return new RoundReport(round, clients, dropped, retries, nonFinite, all, phases, true);
    }
}

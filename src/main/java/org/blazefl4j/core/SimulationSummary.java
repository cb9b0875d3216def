package org.blazefl4j.core;

import java.time.Duration;
import java.util.Map;

/**
 * What a run of a simulation did and where its time went. Rounds that did not complete are left out.
 *
 * @param rounds the number of completed rounds
 * @param clients the number of packages in them
 * @param stopped whether {@link Simulation#stop()} ended the run
 * @param summary what {@link ServerHandler#getSummary()} said after the last completed round; empty if there was none
 * @param sampling the sum of {@link RoundReport#sampling()}
 * @param training the sum of {@link RoundReport#training()}
 * @param aggregation the sum of {@link RoundReport#aggregation()}
 * @param evaluation the sum of {@link RoundReport#evaluation()}
 */
public record SimulationSummary(
        int rounds,
        long clients,
        boolean stopped,
        Map<String, Object> summary,
        Duration sampling,
        Duration training,
        Duration aggregation,
        Duration evaluation) {

    static final SimulationSummary NOTHING =
            new SimulationSummary(0, 0, false, Map.of(), Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);

    /** How long the rounds took, listeners left out. */
    public Duration total() {
        return sampling.plus(training).plus(aggregation).plus(evaluation);
    }

    SimulationSummary plus(RoundReport report) {
        return new SimulationSummary(
                rounds + 1,
                clients + report.clients().size(),
                stopped,
                report.summary(),
                sampling.plus(report.sampling()),
                training.plus(report.training()),
                aggregation.plus(report.aggregation()),
                evaluation.plus(report.evaluation()));
    }

    SimulationSummary whichStopped() {
        return new SimulationSummary(rounds, clients, true, summary, sampling, training, aggregation, evaluation);
    }
}

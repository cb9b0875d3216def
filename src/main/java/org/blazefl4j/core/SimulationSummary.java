package org.blazefl4j.core;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The outcome of a simulation. Rounds that did not complete are left out.
 *
 * @param rounds the number of completed rounds
 * @param clients the number of packages in them
 * @param nonFinite the number of clients' results in them that held NaN or an infinity
 * @param stopped whether {@link Simulation#stop()} ended the run
 * @param stopReason why a {@link StopRule} ended the run; empty if none did
 * @param summary {@link ServerHandler#getSummary()} after the last completed round; empty if there was none
 * @param phases the sum of {@link RoundReport#phases()}
 * @param memory {@link ClientTrainer#peakMemory()} at the end
 */
public record SimulationSummary(
        int rounds,
        long clients,
        long nonFinite,
        boolean stopped,
        Optional<String> stopReason,
        Map<String, Object> summary,
        PhaseTimes phases,
        PeakMemory memory) {

    static final SimulationSummary NOTHING =
            new SimulationSummary(0, 0, 0, false, Optional.empty(), Map.of(), PhaseTimes.NONE, PeakMemory.UNKNOWN);

    /** Returns the time of all rounds, without listeners. */
    public Duration total() {
        return phases.total();
    }

    SimulationSummary plus(RoundReport report) {
        return new SimulationSummary(
                rounds + 1,
                clients + report.clients().size(),
                nonFinite + report.nonFinite().size(),
                stopped,
                stopReason,
                report.summary(),
                phases.plus(report.phases()),
                memory);
    }

    SimulationSummary ended(boolean early, Optional<String> reason, PeakMemory peak) {
        return new SimulationSummary(rounds, clients, nonFinite, early, reason, summary, phases, peak);
    }
}

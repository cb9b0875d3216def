package org.blazefl4j.lab;

import java.util.Map;
import java.util.Objects;
import org.blazefl4j.core.PhaseTimes.Phase;

/**
 * What was measured of a case. Rounds and bare loops alternate, so both see the same machine load.
 *
 * @param which the case
 * @param rounds the number of measured rounds, without warm-ups
 * @param round the whole round, from sampling to the end of the evaluation
 * @param phases every phase of the round
 * @param bare the bare loop that does a round's work without the framework
 * @param efficiency the bare loop's time divided by that of its round, without sampling and evaluation, which the bare
 *     loop does not do; 1 means that the framework costs nothing
 */
public record CaseResult(
        LabCase which,
        int rounds,
        Latencies round,
        Map<Phase, Latencies> phases,
        Latencies bare,
        Quartiles efficiency) {

    /** Returns how long a phase of the round took. */
    public Latencies phase(Phase phase) {
        return Objects.requireNonNull(phases.get(phase), phase::name);
    }
}

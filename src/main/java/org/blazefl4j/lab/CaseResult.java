package org.blazefl4j.lab;

import java.util.Map;
import org.blazefl4j.core.Phase;

/**
 * What was measured of a case. Rounds and bare loops alternated, so both saw the same machine.
 *
 * @param which the case
 * @param rounds the number of measured rounds, warm-ups left out
 * @param round the whole round, from sampling to the end of the evaluation
 * @param phases its phases, all of them
 * @param bare the bare loop that does a round's work with no framework
 * @param efficiency of each pair the bare loop's time over the round's, sampling and evaluation left out, which the
 *     bare loop has not; 1 says that the framework costs nothing
 */
public record CaseResult(
        LabCase which,
        int rounds,
        Latencies round,
        Map<Phase, Latencies> phases,
        Latencies bare,
        Quartiles efficiency) {}

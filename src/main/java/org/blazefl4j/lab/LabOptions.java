package org.blazefl4j.lab;

import java.time.Duration;

/**
 * How long a case is measured.
 *
 * @param rounds the number of measured rounds, above 0
 * @param warmUps the number of rounds before them that are not measured, 0 or more
 * @param timeLimit no round starts after this time once one is measured; warm-up rounds after the first take at most a
 *     quarter of it
 */
public record LabOptions(int rounds, int warmUps, Duration timeLimit) {

    /** Checks the values. */
    public LabOptions {
        Work.require(rounds > 0, "too few rounds: rounds=" + rounds + ", limit=1");
        Work.require(warmUps >= 0, "too few warm-ups: warm_ups=" + warmUps + ", limit=0");
        Work.require(
                (long) rounds + warmUps <= Integer.MAX_VALUE,
                "too many rounds: rounds=" + rounds + ", warm_ups=" + warmUps + ", limit=" + Integer.MAX_VALUE
                        + " in total");
        Work.require(
                !timeLimit.isNegative() && !timeLimit.isZero(),
                "time limit too short: time_limit=" + timeLimit + ", expected=above 0");
    }
}

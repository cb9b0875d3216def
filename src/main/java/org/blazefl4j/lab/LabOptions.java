package org.blazefl4j.lab;

import java.time.Duration;

/**
 * How long a case is measured; all checked when made.
 *
 * @param rounds the number of rounds that are measured, above 0
 * @param warmUps the number of rounds before them, 0 or more
 * @param timeLimit after this time no further round begins, once one is measured; at most a quarter of it goes to
 *     warm-up rounds, after the first
 */
public record LabOptions(int rounds, int warmUps, Duration timeLimit) {

    /** Checks the parts. */
    public LabOptions {
        require(rounds > 0, "too few rounds: rounds=" + rounds + ", limit=1 or more");
        require(warmUps >= 0, "too few warm-ups: warm_ups=" + warmUps + ", limit=0 or more");
        require(
                (long) rounds + warmUps <= Integer.MAX_VALUE,
                "too many rounds: rounds=" + rounds + ", warm_ups=" + warmUps + ", limit=" + Integer.MAX_VALUE
                        + " together");
        require(
                !timeLimit.isNegative() && !timeLimit.isZero(),
                "time limit too short: time_limit=" + timeLimit + ", limit=above 0");
    }

    private static void require(boolean good, String refusal) {
        if (!good) {
            throw new IllegalArgumentException(refusal);
        }
    }
}

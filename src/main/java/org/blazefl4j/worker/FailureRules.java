package org.blazefl4j.worker;

import org.blazefl4j.core.NonFinitePolicy;

/**
 * The rules for clients that fail, or whose results are not finite.
 *
 * @param retries the most retries of a client in one round, up to {@link #MOST_RETRIES}
 * @param drops whether the round continues without a client that has no retries left, or ends
 * @param onNonFinite the rule for results with NaN or an infinity
 */
public record FailureRules(int retries, boolean drops, NonFinitePolicy onNonFinite) {

    /** The upper limit of retries, because the board has eight bits for attempts. */
    public static final int MOST_RETRIES = 255;
}

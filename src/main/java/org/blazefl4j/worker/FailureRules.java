package org.blazefl4j.worker;

import org.blazefl4j.core.NonFinitePolicy;

/**
 * What becomes of clients that fail, or whose results are not finite.
 *
 * @param retries how often a client is trained again in one round, at most {@link #MOST_RETRIES}
 * @param drops whether the round goes on without a client that has no retries left; otherwise it ends
 * @param onNonFinite what becomes of a result with NaN or an infinity
 */
public record FailureRules(int retries, boolean drops, NonFinitePolicy onNonFinite) {

    /** The most retries: an attempt's number has eight bits between processes. */
    public static final int MOST_RETRIES = 255;
}

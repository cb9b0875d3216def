package org.blazefl4j.worker;

import org.blazefl4j.reproducibility.RngCheck;

/**
 * What every worker of a trainer is told once; plain values, so that it crosses to worker processes.
 *
 * @param seed the experiment's seed
 * @param intraOpThreads LibTorch's threads within one operation, at least 1
 * @param rngCheck what happens when a client draws from the default generator
 * @param refuseNonFinite whether a client fails whose result is not finite; else that is only told
 * @param clientNanos how long one client may train, in nanoseconds; {@link #NO_LIMIT}: as long as it likes
 */
public record WorkerSettings(
        long seed, int intraOpThreads, RngCheck rngCheck, boolean refuseNonFinite, long clientNanos) {

    /** No limit of a client's time. */
    public static final long NO_LIMIT = 0;
}

package org.blazefl4j.core;

import java.util.Locale;

/**
 * What becomes of a result that is not finite: one with NaN or an infinity in a floating-point tensor, as diverged
 * training leaves it. Whatever is chosen, it is counted, and the first round with one is a warning in the log.
 */
public enum NonFinitePolicy {
    /**
     * It is taken as any other. Of each tensor the first and the last 1024 elements are looked at; diverged training
     * leaves NaN in all of them. The algorithms' servers look at the whole of their own model after each round.
     */
    WARN,
    /** The round ends with its client's failure, under any failure policy. */
    FAIL,
    /** The round goes on without its client, as without one that failed and is dropped. */
    DROP,
    /** Its client has failed: the failure policy says what becomes of it. Trained again it gives the same bits. */
    RETRY;

    /** The name in lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

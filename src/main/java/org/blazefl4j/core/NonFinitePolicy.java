package org.blazefl4j.core;

import java.util.Locale;

/**
 * What happens to a result with NaN or an infinity in a floating-point tensor, as diverged training leaves it. Such
 * results are always counted, and the first round with one logs a warning.
 */
public enum NonFinitePolicy {
    /**
     * Accepts it. Only the first and last 1024 elements of each tensor are checked, because diverged training leaves
     * NaN in all of them. The algorithms' servers check their own model completely after each round.
     */
    WARN,
    /** Ends the round with its client's failure, under any failure policy. */
    FAIL,
    /** Drops its client from the round. */
    DROP,
    /** Treats its client as failed, as the failure policy says. A retry gives the same bits. */
    RETRY;

    /** Returns the name in lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package org.blazefl4j.contrib.common;

import java.util.Locale;

/** How much each client counts in a mean over clients. */
public enum Weighting {
    /** As much as it has samples. */
    BY_SAMPLES,
    /** As much as any other. */
    UNIFORM;

    /**
     * A client's weight.
     *
     * @param dataSize the number of samples that it has
     */
    public long of(long dataSize) {
        return this == UNIFORM ? 1 : dataSize;
    }

    /** As named on the command line and in result files. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

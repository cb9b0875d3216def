package org.blazefl4j.contrib.common;

import java.util.Locale;

/** How much each client counts in a mean over clients. */
public enum Weighting {
    /** By its number of samples. */
    BY_SAMPLES,
    /** As much as any other client. */
    UNIFORM;

    /** Returns the weight of a client with so many samples. */
    public long of(long dataSize) {
        return this == UNIFORM ? 1 : dataSize;
    }

    /** Returns the name on the command line and in result files. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

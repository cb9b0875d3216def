package org.blazefl4j.data;

import java.util.Locale;

/** What becomes of the samples that are left when the others fill whole batches. */
public enum LastBatch {
    /** They are a smaller batch. */
    KEEP,
    /** They are left out of this epoch; where samples are shuffled, others are in the next. */
    DROP,
    /** They join the batch before, which is then larger than the others; without one before they are a batch. */
    MERGE;

    /** The name in lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

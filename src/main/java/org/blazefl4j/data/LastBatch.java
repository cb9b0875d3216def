package org.blazefl4j.data;

import java.util.Locale;

/** What to do with the last samples of an epoch if they do not fill a batch. */
public enum LastBatch {
    /** Make them a smaller batch. */
    KEEP,
    /** Leave them out of this epoch; if samples are shuffled, the next epoch leaves out others. */
    DROP,
    /** Append them to the previous batch, which becomes larger than the others; without one, make them a batch. */
    MERGE;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

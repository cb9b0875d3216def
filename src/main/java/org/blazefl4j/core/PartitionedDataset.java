package org.blazefl4j.core;

import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Dataset;
import org.bytedeco.pytorch.Generator;
import org.jspecify.annotations.Nullable;

/**
 * Data sets by partition type and client. Without a client, or for null, methods use the common data set of the type.
 *
 * <pre>{@code
 * Dataset mine = data.getDataset(Part.TRAIN, cid);
 * DataLoader loader = data.getDataLoader(Part.TRAIN, cid, 50, context.generator("shuffle"));
 * Dataset common = data.getDataset(Part.TEST);
 * }</pre>
 *
 * @param <P> the partition types, such as train and test
 */
public interface PartitionedDataset<P extends Enum<P>> {

    /**
     * Returns the samples of a type.
     *
     * @param cid the client; null for the common set
     * @throws IllegalArgumentException if there are none; the message lists what there is
     */
    Dataset getDataset(P type, @Nullable Integer cid);

    /**
     * Returns whether there are samples of a type, perhaps an empty set. By default tries {@link #getDataset(Enum,
     * Integer)}: override it, because clients ask in every round.
     *
     * @param cid the client; null for the common set
     */
    default boolean hasDataset(P type, @Nullable Integer cid) {
        try {
            getDataset(type, cid);
            return true;
        } catch (IllegalArgumentException none) {
            return false;
        }
    }

    /**
     * Sets or replaces the samples of a type.
     *
     * @param cid the client; null for the common set
     * @throws IllegalArgumentException if the client is negative
     */
    void setDataset(P type, @Nullable Integer cid, Dataset dataset);

    /** Returns the common samples of a type, as {@link #getDataset(Enum, Integer)}. */
    default Dataset getDataset(P type) {
        return getDataset(type, null);
    }

    /** Sets or replaces the common samples of a type. */
    default void setDataset(P type, Dataset dataset) {
        setDataset(type, null, dataset);
    }

    /** Returns the number of samples of {@link #getDataset(Enum, Integer)}. */
    default long size(P type, @Nullable Integer cid) {
        return getDataset(type, cid).size();
    }

    /** Returns a loader of the common samples of a type as one batch, in order. */
    default DataLoader getDataLoader(P type) {
        return getDataLoader(type, null, null, null);
    }

    /** Returns a loader of a client's samples of a type as one batch, in order. */
    default DataLoader getDataLoader(P type, @Nullable Integer cid) {
        return getDataLoader(type, cid, null, null);
    }

    /** Returns a loader of a client's samples of a type in batches, in order. */
    default DataLoader getDataLoader(P type, @Nullable Integer cid, @Nullable Integer batchSize) {
        return getDataLoader(type, cid, batchSize, null);
    }

    /**
     * Returns a loader of a client's samples of a type.
     *
     * @param cid the client; null for the common set
     * @param batchSize the batch size, 1 or more; null for one batch
     * @param generator draws the order and random transforms; null for the data set's own order
     * @throws IllegalArgumentException if there are no samples, or the batch size is below 1
     */
    default DataLoader getDataLoader(
            P type, @Nullable Integer cid, @Nullable Integer batchSize, @Nullable Generator generator) {
        Dataset dataset = getDataset(type, cid);
        long size = batchSize == null ? Math.max(1, dataset.size()) : batchSize;
        return new DataLoader(dataset, size, generator != null, generator);
    }
}

package org.blazefl4j.core;

import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Dataset;
import org.bytedeco.pytorch.Generator;

/**
 * Data by partition type and client. Where the client is left out, or null, the common set of the type is meant.
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
     * The samples of a type.
     *
     * @param type the partition type
     * @param cid the client; null for the common set
     * @throws IllegalArgumentException if there are none, with what there is
     */
    Dataset getDataset(P type, Integer cid);

    /**
     * Sets the samples of a type, in place of earlier ones.
     *
     * @param type the partition type
     * @param cid the client; null for the common set
     * @param dataset the samples
     * @throws IllegalArgumentException if the client is negative
     */
    void setDataset(P type, Integer cid, Dataset dataset);

    /**
     * The common samples of a type.
     *
     * @param type the partition type
     * @throws IllegalArgumentException if there are none, with what there is
     */
    default Dataset getDataset(P type) {
        return getDataset(type, null);
    }

    /**
     * Sets the common samples of a type, in place of earlier ones.
     *
     * @param type the partition type
     * @param dataset the samples
     */
    default void setDataset(P type, Dataset dataset) {
        setDataset(type, null, dataset);
    }

    /**
     * The number of samples of a type.
     *
     * @param type the partition type
     * @param cid the client; null for the common set
     * @throws IllegalArgumentException if there are none, with what there is
     */
    default long size(P type, Integer cid) {
        return getDataset(type, cid).size();
    }

    /**
     * A loader of the common samples of a type as one batch, in order.
     *
     * @param type the partition type
     * @throws IllegalArgumentException if there are none, with what there is
     */
    default DataLoader getDataLoader(P type) {
        return getDataLoader(type, null, null, null);
    }

    /**
     * A loader of a client's samples of a type as one batch, in order.
     *
     * @param type the partition type
     * @param cid the client; null for the common set
     * @throws IllegalArgumentException if there are none, with what there is
     */
    default DataLoader getDataLoader(P type, Integer cid) {
        return getDataLoader(type, cid, null, null);
    }

    /**
     * A loader of a client's samples of a type in batches, in order.
     *
     * @param type the partition type
     * @param cid the client; null for the common set
     * @param batchSize the batch size, 1 or more; null for one batch
     * @throws IllegalArgumentException if there are no samples, with what there is, or the batch size is below 1
     */
    default DataLoader getDataLoader(P type, Integer cid, Integer batchSize) {
        return getDataLoader(type, cid, batchSize, null);
    }

    /**
     * A loader of a client's samples of a type: shuffled where there is a generator, else in order.
     *
     * @param type the partition type
     * @param cid the client; null for the common set
     * @param batchSize the batch size, 1 or more; null for one batch
     * @param generator where the order and random transforms draw from; null for the data set's own order
     * @throws IllegalArgumentException if there are no samples, with what there is, or the batch size is below 1
     */
    default DataLoader getDataLoader(P type, Integer cid, Integer batchSize, Generator generator) {
        Dataset dataset = getDataset(type, cid);
        long size = batchSize == null ? Math.max(1, dataset.size()) : batchSize;
        return new DataLoader(dataset, size, generator != null, generator);
    }
}

package org.blazefl4j.data;

import java.util.Objects;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Reads a data set in batches, in order or shuffled.
 *
 * <p>A shuffled loader visits samples in the order of PyTorch's {@code DataLoader(dataset, batch_size, shuffle=True,
 * generator=g)} and leaves the generator in the same state, epoch after epoch; see {@link Epoch} for the draws. Batches
 * belong to the caller:
 *
 * <pre>{@code
 * for (Batch batch : new DataLoader(dataset, 50, true, generator)) {
 *     try (batch) {
 *         step(batch.x(), batch.y());
 *     }
 * }
 * }</pre>
 *
 * <p>Loaders of one generator are used one epoch at a time. A loader refers to its data set and generators and owns
 * neither. Where a loop may end early, {@code try (Epoch epoch = loader.iterator())} frees the epoch's order at once.
 */
public final class DataLoader implements Iterable<Batch> {

    private final Dataset dataset;
    private final long batchSize;
    private final boolean shuffle;
    private final LastBatch last;
    private final Generator generator;
    private final Generator augmentation;

    /**
     * Reads the whole data set as one batch, in order.
     *
     * @param dataset the data set
     */
    public DataLoader(Dataset dataset) {
        this(dataset, oneBatch(dataset));
    }

    /**
     * Reads in order.
     *
     * @param dataset the data set
     * @param batchSize the number of samples in each batch but the last, which has what is left
     * @throws IllegalArgumentException if the batch size is below 1
     */
    public DataLoader(Dataset dataset, long batchSize) {
        this(dataset, batchSize, false, null);
    }

    /**
     * Reads in order or shuffled.
     *
     * @param dataset the data set
     * @param batchSize the number of samples in each batch but the last, which has what is left
     * @param shuffle whether each epoch has a random order of its own
     * @param generator where the order and random transforms draw from; may be null where nothing is random
     * @throws IllegalArgumentException if the batch size is below 1, or shuffling has no generator
     */
    public DataLoader(Dataset dataset, long batchSize, boolean shuffle, Generator generator) {
        this(dataset, batchSize, shuffle, LastBatch.KEEP, generator, generator);
    }

    private DataLoader(
            Dataset dataset,
            long batchSize,
            boolean shuffle,
            LastBatch last,
            Generator generator,
            Generator augmentation) {
        this.dataset = Objects.requireNonNull(dataset, "dataset");
        if (batchSize < 1) {
            throw new IllegalArgumentException(
                    "batch size: batchSize=" + batchSize + ", limit=1 or more; leave it out for one batch");
        }
        if (shuffle && generator == null) {
            throw new IllegalArgumentException(
                    "shuffling without a generator: generator=null, limit=a generator; give one or read in order");
        }
        this.batchSize = batchSize;
        this.shuffle = shuffle;
        this.last = Objects.requireNonNull(last, "last");
        this.generator = generator;
        this.augmentation = augmentation;
    }

    /** The batch size with which a loader reads the whole data set as one batch. */
    static long oneBatch(Dataset dataset) {
        return Math.max(1, dataset.size());
    }

    /** The same loader, which leaves out a last batch that is smaller than the others. */
    public DataLoader dropLast() {
        return lastBatch(LastBatch.DROP);
    }

    /** The same loader, which does so with samples that fill no whole batch; it keeps them unless set. */
    public DataLoader lastBatch(LastBatch other) {
        return new DataLoader(dataset, batchSize, shuffle, other, generator, augmentation);
    }

    /**
     * The same loader, whose random transforms draw from a generator of their own.
     *
     * @param other where transforms draw from
     */
    public DataLoader augmentWith(Generator other) {
        return new DataLoader(dataset, batchSize, shuffle, last, generator, other);
    }

    /** The data set that is read. */
    public Dataset dataset() {
        return dataset;
    }

    /** The number of samples in each batch but the last. */
    public long batchSize() {
        return batchSize;
    }

    /** The number of batches in an epoch. */
    public long batches() {
        long whole = dataset.size() / batchSize;
        boolean smaller = last == LastBatch.KEEP && dataset.size() % batchSize > 0;
        boolean alone = last == LastBatch.MERGE && whole == 0 && dataset.size() > 0;
        return smaller || alone ? whole + 1 : whole;
    }

    /**
     * Reads one batch by itself, where samples are read in order.
     *
     * @param index which batch of an epoch, from 0
     * @return a batch that the caller owns
     * @throws IllegalArgumentException if there is no such batch
     * @throws IllegalStateException if the loader shuffles
     */
    public Batch batch(long index) {
        if (shuffle) {
            throw new IllegalStateException(
                    "no batch by itself of shuffled samples: batch=" + index + ", limit=a loader that reads in order");
        }
        if (index < 0 || index >= batches()) {
            throw new IllegalArgumentException("no such batch: batch=" + index + ", limit=0 to " + (batches() - 1));
        }
        long start = index * batchSize;
        try (Scalar from = new Scalar(start);
                Scalar to = new Scalar(start + length(index));
                TensorOptions longs = new TensorOptions(ScalarType.Long);
                Tensor positions = torch.arange(from, to, longs)) {
            return dataset.select(positions, augmentation);
        }
    }

    /** The number of samples in a batch of an epoch. */
    long length(long index) {
        long left = dataset.size() - index * batchSize;
        boolean takesAll = last == LastBatch.MERGE && index == batches() - 1;
        return takesAll ? left : Math.min(batchSize, left);
    }

    /** Begins an epoch. */
    @Override
    public Epoch iterator() {
        return new Epoch(this, shuffle, generator, augmentation);
    }
}

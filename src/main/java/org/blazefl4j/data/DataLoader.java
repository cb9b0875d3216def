package org.blazefl4j.data;

import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.stream.LongStream;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Reads a data set in batches, in order or shuffled.
 *
 * <p>A shuffled loader visits samples in the order of PyTorch's {@code DataLoader(dataset, batch_size, shuffle=True,
 * generator=g)} and leaves the generator in the same state, epoch after epoch; {@link Epoch} lists the draws. The
 * caller owns the batches:
 *
 * <pre>{@code
 * for (Batch batch : new DataLoader(dataset, 50, true, generator)) {
 *     try (batch) {
 *         step(batch.x(), batch.y());
 *     }
 * }
 * }</pre>
 *
 * <p>Loaders that share a generator must run one epoch at a time. A loader owns neither its data set nor its
 * generators.
 */
public final class DataLoader implements Iterable<Batch> {

    private final Dataset dataset;
    private final long batchSize;
    private final boolean shuffle;
    private final LastBatch last;
    private final @Nullable RandomStream random;
    private final @Nullable Generator augmentation;

    /** Reads the whole data set as one batch, in order. */
    public DataLoader(Dataset dataset) {
        this(dataset, Math.max(1, dataset.size()));
    }

    /** Reads in order; the last batch may be smaller. */
    public DataLoader(Dataset dataset, long batchSize) {
        this(dataset, batchSize, false, null);
    }

    /**
     * Reads in order or shuffled; the last batch may be smaller.
     *
     * @param shuffle whether to draw a new random order for each epoch
     * @param generator the source of the order and of random transforms; may be null if nothing is random
     * @throws IllegalArgumentException if the batch size is below 1, or shuffling has no generator
     */
    public DataLoader(Dataset dataset, long batchSize, boolean shuffle, @Nullable Generator generator) {
        this(
                dataset,
                batchSize,
                shuffle,
                LastBatch.KEEP,
                generator == null ? null : RandomStream.of(generator),
                generator);
    }

    /**
     * Reads shuffled; the last batch may be smaller.
     *
     * @param order the source of the order; the caller closes it
     * @param transforms the source of random transforms; may be null if nothing is random
     * @throws IllegalArgumentException if the batch size is below 1
     */
    public DataLoader(Dataset dataset, long batchSize, RandomStream order, @Nullable Generator transforms) {
        this(dataset, batchSize, true, LastBatch.KEEP, order, transforms);
    }

    private DataLoader(
            Dataset dataset,
            long batchSize,
            boolean shuffle,
            LastBatch last,
            @Nullable RandomStream random,
            @Nullable Generator augmentation) {
        this.dataset = Objects.requireNonNull(dataset, "dataset");
        Arguments.require(
                batchSize >= 1,
                () -> "batch size: batchSize=" + batchSize + ", limit=1 or more; leave it out for one batch");
        Arguments.require(
                !shuffle || random != null,
                "shuffling without a generator: generator=null, expected=a generator; give one or read in order");
        this.batchSize = batchSize;
        this.shuffle = shuffle;
        this.last = Objects.requireNonNull(last, "last");
        this.random = random;
        this.augmentation = augmentation;
    }

    /** Returns a copy of this loader with another treatment of an incomplete last batch; the default is to keep it. */
    public DataLoader lastBatch(LastBatch other) {
        return new DataLoader(dataset, batchSize, shuffle, other, random, augmentation);
    }

    /** Returns a copy of this loader whose random transforms draw from the given generator. */
    public DataLoader augmentWith(@Nullable Generator other) {
        return new DataLoader(dataset, batchSize, shuffle, last, random, other);
    }

    public Dataset dataset() {
        return dataset;
    }

    /** The number of samples per batch; the last batch may differ. */
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
     * Reads the batch at a position of an epoch; the caller owns it. Draws nothing.
     *
     * @throws IllegalArgumentException if the index is out of range
     * @throws IllegalStateException if the loader shuffles
     */
    public Batch batch(long index) {
        return from(index).next();
    }

    /** Begins an epoch at the batch at a position, as {@link #batch} reads it. */
    public Epoch from(long index) {
        if (shuffle) {
            throw new IllegalStateException(
                    "single batch of shuffled samples: batch=" + index + ", expected=a loader that reads in order");
        }
        if (index < 0 || index >= batches()) {
            throw new IllegalArgumentException("no such batch: batch=" + index + ", limit=0 to " + (batches() - 1));
        }
        return new Epoch(this, index);
    }

    private Batch select(long[] positions) {
        try (Tensor indices = Tensors.of(positions)) {
            return dataset.select(indices, augmentation);
        }
    }

    private static long[] inOrder(long from, long count) {
        return LongStream.range(from, from + count).toArray();
    }

    /** The number of samples in a batch of an epoch. */
    private long length(long index) {
        long left = dataset.size() - index * batchSize;
        boolean takesAll = last == LastBatch.MERGE && index == batches() - 1;
        return takesAll ? left : Math.min(batchSize, left);
    }

    /** Begins an epoch. */
    @Override
    public Epoch iterator() {
        if (random != null) {
            random.nextLong(); // PyTorch's seed for loader processes
        }
        return new Epoch(this, 0);
    }

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

    /**
     * One pass of a {@link DataLoader} over its data set.
     *
     * <p>Draws from the loader's generator as PyTorch does: one int64 when the epoch begins (PyTorch's seed for loader
     * processes); if it shuffles, one {@code randperm(n)} at the first batch and a second, unused one when the samples
     * run out. They run out while a smaller last batch is assembled, or after the last batch if all batches are equal.
     */
    public static final class Epoch implements Iterator<Batch>, AutoCloseable {

        /**
         * Where the samples of some batches are in the data set.
         *
         * @param samples their positions, batch after batch
         * @param lengths the number of samples in each batch
         */
        public record Positions(long[] samples, long[] lengths) {}

        private final DataLoader loader;
        private final long samples;
        private final long batches;
        private long read;
        private long @Nullable [] order;
        private boolean exhausted;

        private Epoch(DataLoader loader, long first) {
            this.loader = loader;
            this.samples = loader.dataset.size();
            this.batches = loader.batches();
            this.read = first;
        }

        @Override
        public boolean hasNext() {
            if (read < batches) {
                return true;
            }
            if (loader.shuffle && !exhausted) {
                order(); // PyTorch draws an order even if no batch is complete
            }
            drawUnusedOrder();
            order = null;
            return false;
        }

        /** Returns the data set that this reads. */
        public Dataset dataset() {
            return loader.dataset;
        }

        /** Reads the next batch, which the caller owns. */
        @Override
        public Batch next() {
            return loader.select(nextPositions(1).samples());
        }

        /**
         * Returns where the samples of the next batches are, as {@link #next} would read them, and draws as it does.
         *
         * @param most the number of batches, 1 or more, if the epoch has so many left
         */
        public Positions nextPositions(int most) {
            if (!hasNext()) {
                throw new NoSuchElementException("the epoch is over: batches=" + batches);
            }
            long start = loader.batchSize * read;
            long[] lengths = new long[(int) Math.min(most, batches - read)];
            long count = 0;
            for (int i = 0; i < lengths.length; i++) {
                lengths[i] = loader.length(read++);
                count += lengths[i];
            }
            long[] positions = positions(start, count);
            if (lengths[lengths.length - 1] < loader.batchSize) {
                drawUnusedOrder();
            }
            return new Positions(positions, lengths);
        }

        private long[] positions(long from, long count) {
            return loader.shuffle
                    ? Arrays.copyOfRange(order(), (int) from, (int) (from + count))
                    : inOrder(from, count);
        }

        /** Ends the epoch without further draws. */
        @Override
        public void close() {
            read = batches;
            exhausted = true;
            order = null;
        }

        /** Returns the shuffled order of all samples, which the first call draws. */
        private long[] order() {
            long[] drawn = order == null ? permutation() : order;
            order = drawn;
            return drawn;
        }

        private long[] permutation() {
            return Objects.requireNonNull(loader.random).permutation(Math.toIntExact(samples));
        }

        private void drawUnusedOrder() {
            if (loader.shuffle && !exhausted) {
                permutation();
            }
            exhausted = true;
        }
    }
}

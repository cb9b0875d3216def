package org.blazefl4j.data;

import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
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
 * generators. If a loop may end early, {@code try (Epoch epoch = loader.iterator())} frees the epoch's order at once.
 */
public final class DataLoader implements Iterable<Batch> {

    private final Dataset dataset;
    private final long batchSize;
    private final boolean shuffle;
    private final LastBatch last;
    private final @Nullable Generator generator;
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
        this(dataset, batchSize, shuffle, LastBatch.KEEP, generator, generator);
    }

    private DataLoader(
            Dataset dataset,
            long batchSize,
            boolean shuffle,
            LastBatch last,
            @Nullable Generator generator,
            @Nullable Generator augmentation) {
        this.dataset = Objects.requireNonNull(dataset, "dataset");
        Arguments.require(
                batchSize >= 1, "batch size: batchSize=" + batchSize + ", limit=1 or more; leave it out for one batch");
        Arguments.require(
                !shuffle || generator != null,
                "shuffling without a generator: generator=null, expected=a generator; give one or read in order");
        this.batchSize = batchSize;
        this.shuffle = shuffle;
        this.last = Objects.requireNonNull(last, "last");
        this.generator = generator;
        this.augmentation = augmentation;
    }

    /** Returns a copy of this loader with another treatment of an incomplete last batch; the default is to keep it. */
    public DataLoader lastBatch(LastBatch other) {
        return new DataLoader(dataset, batchSize, shuffle, other, generator, augmentation);
    }

    /** Returns a copy of this loader whose random transforms draw from the given generator. */
    public DataLoader augmentWith(@Nullable Generator other) {
        return new DataLoader(dataset, batchSize, shuffle, last, generator, other);
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
     * Reads the batch at a position of an epoch; the caller owns it.
     *
     * @throws IllegalArgumentException if the index is out of range
     * @throws IllegalStateException if the loader shuffles
     */
    public Batch batch(long index) {
        if (shuffle) {
            throw new IllegalStateException(
                    "single batch of shuffled samples: batch=" + index + ", expected=a loader that reads in order");
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
    private long length(long index) {
        long left = dataset.size() - index * batchSize;
        boolean takesAll = last == LastBatch.MERGE && index == batches() - 1;
        return takesAll ? left : Math.min(batchSize, left);
    }

    /** Begins an epoch. */
    @Override
    public Epoch iterator() {
        return new Epoch(this);
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
     * One pass of a {@link DataLoader} over its data set. Frees its native memory after the last batch or when closed.
     *
     * <p>Draws from the loader's generator as PyTorch does: one int64 when the epoch begins (PyTorch's seed for loader
     * processes); if it shuffles, one {@code randperm(n)} at the first batch and a second, unused one when the samples
     * run out. They run out while a smaller last batch is assembled, or after the last batch if all batches are equal.
     */
    public static final class Epoch implements Iterator<Batch>, AutoCloseable {

        /**
         * Where the samples of some batches are in the data set.
         *
         * @param samples their positions, batch after batch, int64
         * @param lengths the number of samples in each batch
         */
        public record Positions(Tensor samples, long[] lengths) implements AutoCloseable {

            @Override
            public void close() {
                samples.close();
            }
        }

        private final DataLoader loader;
        private final long samples;
        private final long batches;
        private long read;
        private @Nullable Tensor order;
        private boolean exhausted;

        private Epoch(DataLoader loader) {
            this.loader = loader;
            this.samples = loader.dataset.size();
            this.batches = loader.batches();
            drawSeed();
        }

        @Override
        public boolean hasNext() {
            if (read < batches) {
                return true;
            }
            if (order == null && !exhausted) {
                order = order(); // PyTorch draws an order even if no batch is complete
            }
            drawUnusedOrder();
            freeOrder();
            return false;
        }

        /** Reads the next batch, which the caller owns. */
        @Override
        public Batch next() {
            try (Positions positions = nextPositions(1)) {
                return loader.dataset.select(positions.samples(), loader.augmentation);
            }
        }

        /**
         * Returns where the samples of the next batches are, as {@link #next} would read them, and draws as it does.
         * The caller owns the result.
         *
         * @param most the number of batches, 1 or more, if the epoch has so many left
         */
        public Positions nextPositions(int most) {
            if (!hasNext()) {
                throw new NoSuchElementException("the epoch is over: batches=" + batches);
            }
            if (order == null) {
                order = order();
            }
            long start = loader.batchSize * read;
            long[] lengths = new long[(int) Math.min(most, batches - read)];
            Arrays.setAll(lengths, batch -> loader.length(read + batch));
            read += lengths.length;
            if (lengths[lengths.length - 1] < loader.batchSize) {
                drawUnusedOrder();
            }
            return new Positions(order.narrow(0, start, Arrays.stream(lengths).sum()), lengths);
        }

        /** Ends the epoch without further draws. */
        @Override
        public void close() {
            read = batches;
            exhausted = true;
            freeOrder();
        }

        private void freeOrder() {
            if (order != null) {
                order.close();
                order = null;
            }
        }

        private Tensor order() {
            Tensor made = loader.shuffle ? permutation() : inOrder();
            made.retainReference(); // otherwise the scope of the first step would close it
            return made;
        }

        private Tensor inOrder() {
            try (Scalar end = new Scalar(samples);
                    TensorOptions longs = new TensorOptions(ScalarType.Long)) {
                return torch.arange(end, longs);
            }
        }

        private Tensor permutation() {
            try (GeneratorOptional from = new GeneratorOptional(loader.generator)) {
                return torch.randperm(samples, from);
            }
        }

        private void drawUnusedOrder() {
            if (loader.shuffle && !exhausted) {
                permutation().close();
            }
            exhausted = true;
        }

        private void drawSeed() {
            if (loader.generator == null) {
                return;
            }
            try (GeneratorOptional from = new GeneratorOptional(loader.generator);
                    TensorOptions longs = new TensorOptions(ScalarType.Long);
                    Tensor seed = torch.empty(new long[0], longs, null)) {
                seed.random_(from);
            }
        }
    }
}

package org.blazefl4j.data;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * One pass of a {@link DataLoader} over its data set. Frees its native memory after the last batch or when closed.
 *
 * <p>Draws from the loader's generator as PyTorch does: one int64 when the epoch begins (PyTorch's seed for loader
 * processes); if it shuffles, one {@code randperm(n)} at the first batch and a second, unused one when the samples run
 * out. They run out while a smaller last batch is assembled, or after the last batch if all batches are equal.
 */
public final class Epoch implements Iterator<Batch>, AutoCloseable {

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

    Epoch(DataLoader loader) {
        this.loader = loader;
        this.samples = loader.dataset().size();
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
            return loader.dataset().select(positions.samples(), loader.augmentation);
        }
    }

    /**
     * Returns where the samples of the next batches are, as {@link #next} would read them, and draws as it does. The
     * caller owns the result.
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
        long start = loader.batchSize() * read;
        long[] lengths = new long[(int) Math.min(most, batches - read)];
        Arrays.setAll(lengths, batch -> loader.length(read + batch));
        read += lengths.length;
        if (lengths[lengths.length - 1] < loader.batchSize()) {
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

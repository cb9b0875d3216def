package org.blazefl4j.data;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One pass of a {@link DataLoader} over its data set. Frees its native memory after the last batch or when closed.
 *
 * <p>Draws from the loader's generator as PyTorch does: one int64 when the epoch begins (the seed that PyTorch gives to
 * loader processes), with shuffling one {@code randperm(n)} at the first batch, and a second one that nobody sees when
 * the samples run out, which is while a smaller last batch is put together, or after the last batch where all are
 * equal.
 */
public final class Epoch implements Iterator<Batch>, AutoCloseable {

    private final DataLoader loader;
    private final Dataset dataset;
    private final long samples;
    private final long batches;
    private final boolean shuffle;
    private final Generator generator;
    private final Generator augmentation;
    private long read;
    private Tensor order;
    private boolean ranOut;

    Epoch(DataLoader loader, boolean shuffle, Generator generator, Generator augmentation) {
        this.loader = loader;
        this.dataset = loader.dataset();
        this.samples = dataset.size();
        this.batches = loader.batches();
        this.shuffle = shuffle;
        this.generator = generator;
        this.augmentation = augmentation;
        drawSeed();
    }

    @Override
    public boolean hasNext() {
        if (read < batches) {
            return true;
        }
        runOut();
        return false;
    }

    /**
     * Reads the next batch.
     *
     * @return a batch that the caller owns
     * @throws NoSuchElementException if the epoch is over or closed
     */
    @Override
    public Batch next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the epoch is over: batches=" + batches);
        }
        if (order == null) {
            order = order();
        }
        long length = loader.length(read);
        long start = loader.batchSize() * read++;
        if (length < loader.batchSize()) {
            drawUnseenOrder();
        }
        try (Tensor positions = order.narrow(0, start, length)) {
            return dataset.select(positions, augmentation);
        }
    }

    /** Ends the epoch and draws nothing more. */
    @Override
    public void close() {
        read = batches;
        ranOut = true;
        free();
    }

    private void runOut() {
        if (order == null && !ranOut) {
            order = order(); // PyTorch looks for samples even where no batch is whole
        }
        drawUnseenOrder();
        free();
    }

    private void free() {
        if (order != null) {
            order.close();
            order = null;
        }
    }

    private Tensor order() {
        Tensor made = shuffle ? permutation() : inOrder();
        made.retainReference(); // or the scope of the first step would close it
        return made;
    }

    private Tensor inOrder() {
        try (Scalar end = new Scalar(samples);
                TensorOptions longs = new TensorOptions(ScalarType.Long)) {
            return torch.arange(end, longs);
        }
    }

    private Tensor permutation() {
        try (GeneratorOptional from = new GeneratorOptional(generator)) {
            return torch.randperm(samples, from);
        }
    }

    private void drawUnseenOrder() {
        if (shuffle && !ranOut) {
            permutation().close();
        }
        ranOut = true;
    }

    private void drawSeed() {
        if (generator == null) {
            return;
        }
        try (GeneratorOptional from = new GeneratorOptional(generator);
                TensorOptions longs = new TensorOptions(ScalarType.Long);
                Tensor seed = torch.empty(new long[0], longs, null)) {
            seed.random_(from);
        }
    }
}

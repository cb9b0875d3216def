package org.blazefl4j.contrib.common;

import java.util.Objects;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.DataLoader.LastBatch;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Generator;
import org.jspecify.annotations.Nullable;

/**
 * How a client trains. Crosses into worker processes. Each {@code with} method returns a copy with one other value.
 *
 * @param epochs passes over the client's samples in a round, above 0
 * @param batchSize the number of samples per step, above 0
 * @param lr the learning rate of SGD, above 0 and finite
 * @param lastBatch what happens to the samples of an epoch that do not fill a batch; a client with no more samples than
 *     one batch trains on them in any case
 */
public record SgdOptions(int epochs, int batchSize, double lr, LastBatch lastBatch) {

    public SgdOptions {
        Arguments.require(epochs > 0, () -> "too few epochs: epochs=" + epochs + ", limit=1 or more");
        Arguments.require(batchSize > 0, () -> "batch too small: batch_size=" + batchSize + ", limit=1 or more");
        Arguments.requirePositive("learning rate", "lr", lr);
        Objects.requireNonNull(lastBatch, "lastBatch");
    }

    /** Keeps a smaller last batch. */
    public SgdOptions(int epochs, int batchSize, double lr) {
        this(epochs, batchSize, lr, LastBatch.KEEP);
    }

    /** Returns 5 epochs in batches of 50 at a learning rate of 0.1. */
    public static SgdOptions defaults() {
        return new SgdOptions(5, 50, 0.1);
    }

    public SgdOptions withEpochs(int epochs) {
        return new SgdOptions(epochs, batchSize, lr, lastBatch);
    }

    public SgdOptions withBatchSize(int batchSize) {
        return new SgdOptions(epochs, batchSize, lr, lastBatch);
    }

    public SgdOptions withLr(double lr) {
        return new SgdOptions(epochs, batchSize, lr, lastBatch);
    }

    public SgdOptions withLastBatch(LastBatch lastBatch) {
        return new SgdOptions(epochs, batchSize, lr, lastBatch);
    }

    /**
     * Returns a loader of shuffled batches with a stream for the order of samples and one for random transforms, if
     * any.
     */
    public DataLoader loader(Dataset samples, RandomStream order, @Nullable Generator transforms) {
        DataLoader loader = new DataLoader(samples, batchSize, order, transforms);
        return samples.size() > batchSize ? loader.lastBatch(lastBatch) : loader;
    }
}

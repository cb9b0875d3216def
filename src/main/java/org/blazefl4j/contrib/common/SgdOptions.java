package org.blazefl4j.contrib.common;

/**
 * How a client trains; all checked when made. Crosses into worker processes.
 *
 * @param epochs passes over the client's samples in a round, above 0
 * @param batchSize the number of samples per step, above 0; an epoch's last batch has what is left
 * @param lr the learning rate of SGD, above 0 and finite
 */
public record SgdOptions(int epochs, int batchSize, double lr) {

    /** Checks the parts. */
    public SgdOptions {
        require(epochs > 0, "too few epochs: epochs=" + epochs + ", limit=1 or more");
        require(batchSize > 0, "batch too small: batch_size=" + batchSize + ", limit=1 or more");
        require(
                lr > 0 && lr < Double.POSITIVE_INFINITY,
                "learning rate out of range: lr=" + lr + ", limit=above 0 and finite");
    }

    /** 5 epochs in batches of 50 at a learning rate of 0.1. */
    public static SgdOptions defaults() {
        return new SgdOptions(5, 50, 0.1);
    }

    /** These options with another number of epochs. */
    public SgdOptions withEpochs(int epochs) {
        return new SgdOptions(epochs, batchSize, lr);
    }

    /** These options with another batch size. */
    public SgdOptions withBatchSize(int batchSize) {
        return new SgdOptions(epochs, batchSize, lr);
    }

    /** These options with another learning rate. */
    public SgdOptions withLr(double lr) {
        return new SgdOptions(epochs, batchSize, lr);
    }

    private static void require(boolean good, String refusal) {
        if (!good) {
            throw new IllegalArgumentException(refusal);
        }
    }
}

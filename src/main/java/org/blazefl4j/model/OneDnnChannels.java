package org.blazefl4j.model;

/**
 * Numbers of channels with which oneDNN 3.7.1, as LibTorch 2.10 for Java has it, convolves right on the CPU. It lays
 * channels out in blocks of 8 to 64, depending on the processor, and its reordering into blocks does not end with a
 * last block that is not full: what lies behind it is taken in. Found by comparison with FP64. Few input channels are
 * not laid out in blocks.
 */
record OneDnnChannels(long in, long out, long kernel, long stride) {

    private static final long FEW = 16;
    private static final long BLOCK = 16;
    private static final long LARGE_BLOCK = 32;

    /** From here, a 1×1 kernel that skips pixels ends the process by a division by zero. */
    private static final long MANY = 512;

    /**
     * Returns whether float32 outputs and gradients are right.
     *
     * @param gradient whether the gradient of the images is needed
     */
    boolean areRight(boolean gradient, boolean channelsLast) {
        return !(channelsLast && skipsPixels()) && haveFullBlocks(gradient, channelsLast);
    }

    /** Returns whether they are right in bfloat16, within its precision. */
    boolean areRightInBfloat16(boolean gradient, boolean channelsLast) {
        boolean fewAreRight = in >= FEW || !gradient || channelsLast && in > 1;
        return fewAreRight && (channelsLast || out % BLOCK == 0) && haveFullBlocks(gradient, channelsLast);
    }

    private boolean skipsPixels() {
        return kernel == 1 && stride > 1;
    }

    private boolean haveFullBlocks(boolean gradient, boolean channelsLast) {
        return !(skipsPixels() && in >= MANY)
                && inputsAreRight(channelsLast)
                && outputsAreRight(gradient, channelsLast);
    }

    private boolean inputsAreRight(boolean channelsLast) {
        return in <= FEW || in % (stride > 1 || channelsLast ? LARGE_BLOCK : BLOCK) == 0;
    }

    private boolean outputsAreRight(boolean gradient, boolean channelsLast) {
        boolean full = out % BLOCK == 0 || !gradient;
        return full && (!channelsLast || out <= FEW || out % LARGE_BLOCK == 0);
    }
}

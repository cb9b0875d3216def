package org.blazefl4j.step;

/**
 * Where the native engine is faster than LibTorch, by measurements on one core. The one place that decides it: another
 * rule gives experiments another engine, and so other bits.
 */
final class Gains {

    /**
     * The most input channels of a convolution that was measured to gain; more fill LibTorch's blocks of channels, too.
     */
    private static final long MOST_CHANNELS = 32;

    private Gains() {}

    /** Returns why a net does not gain; nothing if it does, as all without convolutions do. */
    static String obstacle(StepPlan plan) {
        return plan.widest() <= MOST_CHANNELS ? "" : "convolution of " + plan.widest() + " channels";
    }
}

package org.blazefl4j.step;

/**
 * Where the native engine is faster than LibTorch, by measurements on one core. The one place that decides it: another
 * rule gives experiments another engine, and so other bits.
 */
final class Gains {

    /**
     * The most input channels of a convolution in a net that was measured to gain; more fill LibTorch's blocks of
     * channels, too. Steps per second over LibTorch's, by {@code benchmarks/run --full engine} on a core with AVX-512:
     *
     * <pre>
     *   most channels   net                                     batch   ratio
     *   6               CNN, 3x32x32                            50      2.8
     *   6               CNN, 1x28x28                            50      3.4
     *   32              McMahan's CNN, 1x28x28                  10      1.4
     *   16              16 to 32, 5x5 on 14x14, by itself       32      0.91
     *   32              32 to 64, likewise                      32      0.91
     *   64              64 to 64, likewise                      32      0.84
     * </pre>
     */
    private static final long MOST_CHANNELS = 32;

    private Gains() {}

    /** Returns why a net does not gain; nothing if it does, as all without convolutions do. */
    static String obstacle(StepPlan plan) {
        return plan.widest() <= MOST_CHANNELS ? "" : "convolution of " + plan.widest() + " channels";
    }
}

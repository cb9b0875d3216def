package org.blazefl4j.step;

/**
 * Where the native engine is faster than LibTorch. The one place that decides it: another rule gives experiments
 * another engine, and so other bits.
 */
final class Gains {

    private Gains() {}

    /** Returns why a net is LibTorch's unless the native engine is asked for by name; nothing if it is not. */
    static String obstacle(StepPlan plan) {
        return plan.parameters() + " parameters, native by name only";
    }
}

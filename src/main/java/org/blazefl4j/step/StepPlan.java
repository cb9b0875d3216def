package org.blazefl4j.step;

import java.util.List;
import org.blazefl4j.binding.Native;
import org.blazefl4j.model.Layer;

/**
 * A net of declared layers for samples of one shape, in the numbers of the native library, if that covers it.
 *
 * @param layers {@code BFL_LAYER_NUMBERS} numbers for each layer
 * @param sample channels, height and width of a sample
 * @param parameters the length of the vector of all weights and biases
 * @param classes the number of outputs
 * @param widest the most input channels of a convolution; 0 without one
 * @param drops whether training draws random numbers
 * @param refusal what is not covered; empty if all is
 */
record StepPlan(
        long[] layers, long[] sample, long parameters, long classes, long widest, boolean drops, String refusal) {

    /** {@code BFL_LAYER_NUMBERS}. */
    private static final int NUMBERS = 6;

    /** {@code -EINVAL}. */
    private static final int INVALID = -22;

    /** {@code -ENOTSUP}. */
    private static final int NOT_SUPPORTED = -95;

    /** Plans layers for samples of a shape, without the dimension of the batch. */
    static StepPlan of(List<Layer> layers, long... sample) {
        PlanTracer tracer = new PlanTracer(sample);
        for (int i = 0; i < layers.size(); i++) {
            String refusal = tracer.add(layers.get(i));
            if (!refusal.isEmpty()) {
                return refused("layer " + i + " is " + layers.get(i) + ", expected=" + refusal);
            }
        }
        return tracer.end().checked();
    }

    /** Returns this plan, or why the native library refuses it all the same. */
    private StepPlan checked() {
        long net = isCovered() ? make(0) : 0;
        if (net > 0) {
            Native.netFree(net);
        }
        if (net == INVALID || net == NOT_SUPPORTED) {
            return refused("native net: " + Native.errorText((int) -net));
        } else if (net < 0) { // what this machine lacks must not change the engine
            throw new IllegalStateException("native net: parameters=" + parameters + ", found="
                    + Native.errorText((int) -net) + "; free memory, or choose the engine libtorch");
        }
        return this;
    }

    /** Makes a native net. Returns its address, which the caller frees, or a negative errno. */
    long make(int lanes) {
        return Native.netCreate(layers, layers.length / NUMBERS, sample[0], sample[1], sample[2], lanes);
    }

    /** Returns the elements of a sample. */
    long features() {
        return sample[0] * sample[1] * sample[2];
    }

    static StepPlan refused(String why) {
        return new StepPlan(new long[0], new long[0], 0, 0, 0, false, why);
    }

    boolean isCovered() {
        return refusal.isEmpty();
    }
}

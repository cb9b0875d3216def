package org.blazefl4j.federation;

import org.blazefl4j.data.Batch;
import org.bytedeco.pytorch.Tensor;

/**
 * What a {@link LocalTraining} does besides at each step. Tensors are float32, shape [numel], on the client's device,
 * and those that it makes are freed after the step.
 */
public interface StepHook {

    /**
     * Called before the gradient of a batch is computed; does nothing by default.
     *
     * @param model the whole state. What is written there is where the gradient is taken, and must be undone in
     *     {@link #after}
     */
    default void before(Batch batch, Tensor model) {}

    /**
     * Called before the step; does nothing by default.
     *
     * @param model the whole state, with the batch's share in its buffers
     * @param gradient the step follows what is written there; zero at buffers and frozen parameters, as it must stay
     */
    default void after(Batch batch, Tensor model, Tensor gradient) {}
}

package org.blazefl4j.contrib.dsfl;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/**
 * All that a {@link DistillationModel} has learnt: what a client keeps between rounds, and what a checkpoint holds of
 * the server.
 *
 * @param parameters the model's whole state (parameters and buffers, in {@code state_dict} order), float32, shape
 *     [numel]
 * @param training the velocity of training, float32, shape [numel]; null where there is none
 * @param distillation the velocity of distillation, likewise
 */
record DistillationModelState(Tensor parameters, Tensor training, Tensor distillation) implements AutoCloseable {

    /**
     * Makes sure that this is of a model with so many numbers.
     *
     * @throws IllegalArgumentException if it is not
     */
    void requireNumel(long numel) {
        require("parameters", parameters, numel);
        require("training", training, numel);
        require("distillation", distillation, numel);
    }

    private static void require(String name, Tensor tensor, long numel) {
        if (tensor != null && (tensor.dim() != 1 || tensor.numel() != numel)) {
            throw new IllegalArgumentException("state of another model: " + name + "=" + Arrays.toString(tensor.shape())
                    + ", limit=[" + numel + "]; select the model that it was kept of");
        }
    }

    @Override
    public void close() {
        parameters.close();
        if (training != null) {
            training.close();
        }
        if (distillation != null) {
            distillation.close();
        }
    }
}

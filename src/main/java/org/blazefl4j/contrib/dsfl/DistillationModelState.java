package org.blazefl4j.contrib.dsfl;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The state of a {@link DistillationModel}: what a client keeps between rounds, and a server's checkpoint holds.
 *
 * @param parameters the model's whole state (parameters and buffers, in {@code state_dict} order), float32, shape
 *     [numel]
 * @param training the velocity of training, float32, shape [numel]; null without momentum
 * @param distillation the velocity of distillation, likewise
 */
record DistillationModelState(
        Tensor parameters,
        @Nullable Tensor training,
        @Nullable Tensor distillation) implements AutoCloseable {

    /** Refuses the state of a model of another length. */
    void requireNumel(long numel) {
        require("parameters", parameters, numel);
        require("training", training, numel);
        require("distillation", distillation, numel);
    }

    private static void require(String name, @Nullable Tensor tensor, long numel) {
        if (tensor != null && (tensor.dim() != 1 || tensor.numel() != numel)) {
            throw new IllegalArgumentException("state of another model: " + name + "=" + Arrays.toString(tensor.shape())
                    + ", expected=[" + numel + "]; select the model of the saved state");
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

package org.blazefl4j.data;

import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A batch of samples. Closing it closes both tensors.
 *
 * @param x the inputs, shape [n, ...]
 * @param y the targets, shape [n], or null if the data set has none
 */
public record Batch(Tensor x, @Nullable Tensor y) implements AutoCloseable {

    @Override
    public void close() {
        x.close();
        if (y != null) {
            y.close();
        }
    }
}

package org.blazefl4j.contrib.common;

import org.blazefl4j.core.Device;
import org.blazefl4j.data.Batch;
import org.bytedeco.pytorch.Tensor;

/** Brings batches to where the model is. */
public final class Batches {

    private Batches() {}

    /**
     * A batch on another device; the same batch if it is for the CPU, where batches are read.
     *
     * @param batch taken over
     * @param device where the model is
     */
    public static Batch move(Batch batch, Device device) {
        if (device.isCpu()) {
            return batch;
        }
        try (batch;
                org.bytedeco.pytorch.Device target = device.toTorch()) {
            return new Batch(move(batch.x(), target), batch.y() == null ? null : move(batch.y(), target));
        }
    }

    private static Tensor move(Tensor tensor, org.bytedeco.pytorch.Device target) {
        return tensor.to(target, tensor.scalar_type().intern());
    }
}

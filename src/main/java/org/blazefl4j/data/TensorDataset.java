package org.blazefl4j.data;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;

/**
 * All samples of a tensor, with or without targets.
 *
 * <p>The record refers to its tensors and does not own them: whoever made them closes them, after the last use of the
 * data set. They are on the CPU and never written to.
 *
 * @param data the samples, shape [n, ...], of any type (uint8 and float32 for images)
 * @param targets the targets, shape [n] or [n, ...]; null where there are none
 * @param transform what a batch of samples goes through; null for nothing
 * @param targetTransform what a batch of targets goes through; null for nothing
 */
public record TensorDataset(Tensor data, Tensor targets, Transform transform, Transform targetTransform)
        implements Dataset {

    /**
     * Checks that there is one target per sample.
     *
     * @throws IllegalArgumentException if data and targets differ in length, or one is a scalar
     */
    public TensorDataset {
        Samples.count(data, targets);
    }

    /**
     * Samples and targets as they are.
     *
     * @param data the samples, shape [n, ...]
     * @param targets the targets, shape [n, ...]; null where there are none
     */
    public TensorDataset(Tensor data, Tensor targets) {
        this(data, targets, null, null);
    }

    /**
     * Samples with a transform, and targets as they are.
     *
     * @param data the samples, shape [n, ...]
     * @param targets the targets, shape [n, ...]; null where there are none
     * @param transform what a batch of samples goes through; null for nothing
     */
    public TensorDataset(Tensor data, Tensor targets, Transform transform) {
        this(data, targets, transform, null);
    }

    @Override
    public long size() {
        return data.size(0);
    }

    @Override
    public Batch select(Tensor indices, Generator generator) {
        return Samples.read(data, targets, transform, targetTransform, indices, generator);
    }
}

package org.blazefl4j.data;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;

/**
 * Some of a tensor's samples, such as one client's part of the data that all clients share. Costs its indices only.
 *
 * <p>The record refers to its tensors and does not own them: whoever made them closes them, after the last use of the
 * data set. They are on the CPU and never written to.
 *
 * @param indices which samples, int64 of shape [k], each in [0, n); the data set's size is k
 * @param data the samples, shape [n, ...], of any type (uint8 and float32 for images)
 * @param targets the targets, shape [n] or [n, ...]; null where there are none
 * @param transform what a batch of samples goes through; null for nothing
 * @param targetTransform what a batch of targets goes through; null for nothing
 */
public record FilteredDataset(
        Tensor indices, Tensor data, Tensor targets, Transform transform, Transform targetTransform)
        implements Dataset {

    /**
     * Checks that there is one target per sample and that the indices are positions in the data.
     *
     * @throws IllegalArgumentException if data and targets differ in length, one is a scalar, or the indices are not
     *     int64 of shape [k] or out of range
     */
    public FilteredDataset {
        Samples.checkIndices(indices, Samples.count(data, targets));
    }

    /**
     * Some samples and targets as they are.
     *
     * @param indices which samples, int64 of shape [k], each in [0, n)
     * @param data the samples, shape [n, ...]
     * @param targets the targets, shape [n, ...]; null where there are none
     */
    public FilteredDataset(Tensor indices, Tensor data, Tensor targets) {
        this(indices, data, targets, null, null);
    }

    /**
     * Some samples of a whole data set, with its transforms.
     *
     * @param indices which samples, int64 of shape [k], each in [0, n)
     * @param whole the data set that the indices point into
     */
    public FilteredDataset(Tensor indices, TensorDataset whole) {
        this(indices, whole.data(), whole.targets(), whole.transform(), whole.targetTransform());
    }

    @Override
    public long size() {
        return indices.size(0);
    }

    @Override
    public Batch select(Tensor positions, Generator generator) {
        try (Tensor rows = Samples.pick(indices, positions)) {
            return Samples.read(data, targets, transform, targetTransform, rows, generator);
        }
    }
}

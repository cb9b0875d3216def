package org.blazefl4j.data;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A selection of a tensor's samples, such as one client's part of shared data. Stores indices only.
 *
 * <p>The record does not own its tensors: close them after the last use of the data set. They must be on the CPU and
 * must not be written to.
 *
 * @param indices the selected samples, int64 of shape [k], each in [0, n); the data set's size is k
 * @param data the samples, shape [n, ...], of any type (uint8 and float32 for images)
 * @param targets the targets, shape [n] or [n, ...]; null if there are none
 * @param transform applied to each batch of samples; null for none
 * @param targetTransform applied to each batch of targets; null for none
 */
public record FilteredDataset(
        Tensor indices,
        Tensor data,
        @Nullable Tensor targets,
        @Nullable Transform transform,
        @Nullable Transform targetTransform)
        implements Dataset {

    /**
     * Checks the indices and the number of targets.
     *
     * @throws IllegalArgumentException if data and targets differ in length, one is a scalar, or the indices are not
     *     int64 of shape [k] or out of range
     */
    public FilteredDataset {
        Samples.checkIndices(indices, Samples.count(data, targets));
    }

    /** Selects samples and targets without transforms. */
    public FilteredDataset(Tensor indices, Tensor data, @Nullable Tensor targets) {
        this(indices, data, targets, null, null);
    }

    /** Selects samples of a whole data set, with its transforms. */
    public FilteredDataset(Tensor indices, TensorDataset whole) {
        this(indices, whole.data(), whole.targets(), whole.transform(), whole.targetTransform());
    }

    @Override
    public long size() {
        return indices.size(0);
    }

    @Override
    public Batch select(Tensor positions, @Nullable Generator generator) {
        try (Tensor rows = Samples.pick(indices, positions)) {
            return Samples.read(data, targets, transform, targetTransform, rows, generator);
        }
    }
}

package org.blazefl4j.data;

import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * All samples of a tensor, with or without targets.
 *
 * <p>The record does not own its tensors: close them after the last use of the data set. They must be on the CPU and
 * must not be written to.
 *
 * @param data the samples, shape [n, ...], of any type (uint8 and float32 for images)
 * @param targets the targets, shape [n] or [n, ...], if there are any
 * @param transform applied to each batch of samples, if any
 * @param targetTransform applied to each batch of targets, if any
 */
public record TensorDataset(
        Tensor data,
        @Nullable Tensor targets,
        @Nullable Transform transform,
        @Nullable Transform targetTransform) implements Dataset {

    /** Throws an {@link IllegalArgumentException} if data and targets differ in length, or one is a scalar. */
    public TensorDataset {
        Samples.count(data, targets);
    }

    /** Uses samples and targets without transforms. */
    public TensorDataset(Tensor data, @Nullable Tensor targets) {
        this(data, targets, null, null);
    }

    /** Transforms samples, but not targets. */
    public TensorDataset(Tensor data, @Nullable Tensor targets, @Nullable Transform transform) {
        this(data, targets, transform, null);
    }

    @Override
    public long size() {
        return data.size(0);
    }

    @Override
    public Batch select(Tensor indices, @Nullable Generator generator) {
        Tensor x = Samples.read(data, transform, indices, generator);
        if (targets == null) {
            return new Batch(x, null);
        }
        try {
            return new Batch(x, Samples.read(targets, targetTransform, indices, generator));
        } catch (RuntimeException | Error e) {
            x.close();
            throw e;
        }
    }

    @Override
    public Optional<Rows> inPlace() {
        if (targets == null || transform != null || targetTransform != null || !Samples.areRows(data, targets)) {
            return Optional.empty();
        }
        return Optional.of(new Rows(data, targets, List.of()));
    }
}

package org.blazefl4j.data;

import java.util.Arrays;
import java.util.LongSummaryStatistics;
import org.blazefl4j.binding.Native;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** Checks and batch reading that the tensor data sets share. */
final class Samples {

    private Samples() {}

    /** Returns the number of samples, after checking that there is one target for each if there are targets. */
    static long count(Tensor data, @Nullable Tensor targets) {
        long samples = length("data", data);
        if (targets != null && length("targets", targets) != samples) {
            throw new IllegalArgumentException("data and targets differ in length: data=" + samples + ", targets="
                    + targets.size(0) + ", expected=one target per sample");
        }
        return samples;
    }

    private static long length(String name, Tensor tensor) {
        if (tensor.dim() == 0) {
            throw new IllegalArgumentException(
                    name + " without a sample dimension: shape=[], expected=[n, ...]; stack the samples first");
        }
        if (!tensor.is_cpu()) {
            throw new IllegalArgumentException(
                    name + " on a device: " + name + "=" + tensor.device().str().getString()
                            + ", expected=cpu; keep the samples on the CPU and move each batch after it is read");
        }
        return tensor.size(0);
    }

    /** Returns whether samples and labels can be read in place: float32 and int64, without gaps. */
    static boolean areRows(Tensor data, Tensor labels) {
        return Tensors.type(data) == ScalarType.Float
                && data.is_contiguous()
                && Tensors.type(labels) == ScalarType.Long
                && labels.dim() == 1
                && labels.is_contiguous();
    }

    /** Checks that a tensor is a list of positions among the given number of samples. */
    static void checkIndices(Tensor indices, long samples) {
        if (Tensors.type(indices) != ScalarType.Long || indices.dim() != 1) {
            throw new IllegalArgumentException("indices: indices=" + Tensors.describe(indices)
                    + ", expected=int64 [n]; make them with Tensors.of(long[])");
        }
        if (indices.numel() == 0) {
            return;
        }
        try (T_TensorTensor_T range = indices.aminmax();
                Tensor low = range.get0();
                Tensor high = range.get1()) {
            if (low.item_long() < 0 || high.item_long() >= samples) {
                throw new IllegalArgumentException("indices out of range: lowest=" + low.item_long() + ", highest="
                        + high.item_long() + ", limit=0 to " + (samples - 1) + " for " + samples + " samples");
            }
        }
    }

    /** Reads and transforms the samples or targets at the given positions. */
    static Tensor read(Tensor base, @Nullable Transform transform, Tensor at, @Nullable Generator g) {
        Tensor rows = pick(base, at);
        return transform == null ? rows : replace(rows, true, transform, g);
    }

    /** Copies the rows of a tensor at the given positions. */
    static Tensor pick(Tensor base, Tensor at) {
        try {
            return base.index_select(0, at);
        } catch (RuntimeException e) {
            checkIndices(at, base.size(0));
            throw e;
        }
    }

    /** Replaces positions by the elements there of an int64 tensor of shape [n]. */
    static void replace(long[] positions, Tensor elements) {
        try (Tensor dense = elements.contiguous();
                LongPointer from = dense.data_ptr_long()) {
            int result = Native.pick(from == null ? 0 : from.address(), dense.numel(), positions, positions.length);
            Arguments.require(result == 0, () -> outOfRange(positions, dense.numel()));
        }
    }

    private static String outOfRange(long[] positions, long samples) {
        LongSummaryStatistics found = Arrays.stream(positions).summaryStatistics();
        return "no such sample: lowest=" + found.getMin() + ", highest=" + found.getMax() + ", limit=0 to "
                + (samples - 1) + "; give positions in the data set";
    }

    /** Applies a transform; closes {@code x} if it is owned and not itself the result. */
    static Tensor replace(Tensor x, boolean owned, Transform transform, @Nullable Generator g) {
        @Nullable Tensor result = null;
        try {
            result = transform.apply(x, g);
            return result;
        } finally {
            if (owned && result != x) {
                x.close();
            }
        }
    }

    /** Copies the elements of an int64 tensor. */
    static long[] toArray(Tensor values) {
        Arguments.require(
                Tensors.type(values) == ScalarType.Long && values.dim() == 1,
                "labels: labels=" + Tensors.describe(values) + ", expected=int64 [n]");
        long[] result = new long[Math.toIntExact(values.numel())];
        if (result.length == 0) {
            return result;
        }
        try (Tensor dense = values.contiguous();
                LongPointer elements = dense.data_ptr_long()) {
            elements.get(result);
        }
        return result;
    }
}

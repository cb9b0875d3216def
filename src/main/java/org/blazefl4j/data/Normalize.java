package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** {@link Transform#normalize(List, List)}. */
record Normalize(List<Double> mean, List<Double> std) implements Transform {

    static final double LARGEST_BYTE = 255;

    /** Below this a channel counts as constant. */
    private static final double LEAST_VARIANCE = 1e-12;

    Normalize {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        Arguments.require(
                !mean.isEmpty() && mean.size() == std.size(),
                "normalisation: means=" + mean.size() + ", deviations=" + std.size()
                        + ", expected=one mean and one deviation per channel");
        boolean usable =
                mean.stream().allMatch(Double::isFinite) && std.stream().allMatch(d -> Double.isFinite(d) && d > 0);
        Arguments.require(
                usable,
                "normalisation: mean=" + mean + ", std=" + std + ", expected=finite means, finite deviations above 0");
    }

    /** {@link Transform#normalizeBytes}. */
    static Transform ofBytes(Tensor images) {
        List<Double> means = new ArrayList<>();
        List<Double> deviations = new ArrayList<>();
        for (long channel = 0; channel < images.size(1); channel++) {
            long[] counts = counts(images, channel);
            double total = Arrays.stream(counts).sum();
            double mean = 0;
            double square = 0;
            for (int value = 0; value < counts.length; value++) {
                double share = counts[value] / total;
                mean += share * value / LARGEST_BYTE;
                square += share * value * value / (LARGEST_BYTE * LARGEST_BYTE);
            }
            double variance = square - mean * mean;
            means.add(mean);
            deviations.add(variance > LEAST_VARIANCE ? Math.sqrt(variance) : 1);
        }
        return Transform.compose(Transform.toFloat(LARGEST_BYTE), Transform.normalize(means, deviations));
    }

    /** Counts how often each value occurs, up to the highest that does; needs no copy of a wider type. */
    private static long[] counts(Tensor images, long channel) {
        try (PointerScope scope = new PointerScope()) {
            Tensor counts = images.select(1, channel).flatten().bincount();
            long[] result = new long[(int) counts.numel()];
            counts.data_ptr_long().get(result);
            return result;
        }
    }

    @Override
    public Tensor apply(Tensor x, @Nullable Generator generator) {
        long[] shape = x.shape();
        boolean fits = Tensors.type(x) == ScalarType.Float && shape.length >= 2 && shape[1] == mean.size();
        if (!fits) {
            throw new IllegalArgumentException("normalisation: batch=" + Tensors.describe(x) + ", expected=float32 [n, "
                    + mean.size() + ", ...]; put toFloat before normalize and give one mean per channel");
        }
        try (Tensor means = channels(mean, shape.length);
                Tensor deviations = channels(std, shape.length)) {
            return x.sub(means).div_(deviations);
        }
    }

    private static Tensor channels(List<Double> values, int dimensions) {
        float[] numbers = new float[values.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = values.get(i).floatValue();
        }
        long[] shape = new long[dimensions - 1];
        Arrays.fill(shape, 1);
        shape[0] = numbers.length;
        return Tensors.of(numbers, shape);
    }
}

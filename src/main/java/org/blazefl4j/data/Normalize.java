package org.blazefl4j.data;

import java.util.Arrays;
import java.util.List;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** {@link Transform#normalize(List, List)}. */
record Normalize(List<Double> mean, List<Double> std) implements Transform {

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

    @Override
    public Tensor apply(Tensor x, @Nullable Generator generator) {
        long[] shape = x.shape();
        boolean fits = x.scalar_type().intern() == ScalarType.Float && shape.length >= 2 && shape[1] == mean.size();
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

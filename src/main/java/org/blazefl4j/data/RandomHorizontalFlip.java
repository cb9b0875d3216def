package org.blazefl4j.data;

import java.util.Arrays;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Mirrors each image from left to right with the same probability. For shape [n, ..., width] of any type.
 *
 * <p>Draws {@code rand(n)} and mirrors the images whose number is below the probability.
 *
 * @param probability from 0 (never) to 1 (always)
 */
public record RandomHorizontalFlip(double probability) implements Transform {

    /** Throws an {@link IllegalArgumentException} if the probability is out of range. */
    public RandomHorizontalFlip {
        Arguments.require(
                probability >= 0 && probability <= 1,
                "flip probability: probability=" + probability + ", limit=0 to 1; 0.5 is usual");
    }

    @Override
    public Tensor apply(Tensor x, @Nullable Generator generator) {
        long[] shape = x.shape();
        if (shape.length < 2) {
            throw new IllegalArgumentException(
                    "horizontal flip: batch=" + Tensors.describe(x) + ", expected=[n, ..., width]");
        }
        long[] perSample = new long[shape.length];
        Arrays.fill(perSample, 1);
        perSample[0] = shape[0];
        try (Scalar limit = new Scalar(probability);
                Tensor drawn = Draws.uniform(shape[0], generator, this);
                Tensor chosen = drawn.lt(limit);
                Tensor mask = chosen.view(perSample);
                Tensor mirrored = x.flip(shape.length - 1)) {
            return torch.where(mask, mirrored, x);
        }
    }
}

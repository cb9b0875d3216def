package org.blazefl4j.data;

import java.util.Arrays;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** {@link Transform#randomHorizontalFlip}. */
record RandomHorizontalFlip(double probability) implements Transform {

    RandomHorizontalFlip {
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

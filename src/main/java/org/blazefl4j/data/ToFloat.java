package org.blazefl4j.data;

import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** {@link Transform#toFloat}. */
record ToFloat(double divisor) implements Transform {

    ToFloat {
        Arguments.require(
                divisor != 0 && Double.isFinite(divisor),
                "divisor: divisor=" + divisor + ", expected=finite and not 0; use 255 for image bytes");
    }

    @Override
    public Tensor apply(Tensor x, @Nullable Generator generator) {
        try (Scalar by = new Scalar(divisor);
                Tensor floats = x.to(ScalarType.Float)) {
            return floats.div(by);
        }
    }
}

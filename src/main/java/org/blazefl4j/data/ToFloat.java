package org.blazefl4j.data;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Makes float32 of any type and divides: {@code new ToFloat(255)} turns image bytes into numbers from 0 to 1, with the
 * bits of torchvision's {@code ToTensor}.
 *
 * @param divisor what every element is divided by
 */
public record ToFloat(double divisor) implements Transform {

    /**
     * Checks the divisor.
     *
     * @throws IllegalArgumentException if it is zero or not finite
     */
    public ToFloat {
        if (divisor == 0 || !Double.isFinite(divisor)) {
            throw new IllegalArgumentException(
                    "divisor: divisor=" + divisor + ", limit=finite and not 0; use 255 for image bytes");
        }
    }

    @Override
    public Tensor apply(Tensor x, Generator generator) {
        try (Scalar by = new Scalar(divisor);
                Tensor floats = x.to(ScalarType.Float)) {
            return floats.div(by);
        }
    }
}

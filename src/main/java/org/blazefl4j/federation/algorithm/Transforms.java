package org.blazefl4j.federation.algorithm;

import org.blazefl4j.federation.AggregateTransform;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.federation.ServerStep;
import org.blazefl4j.federation.UpdateTransform;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Changes of clients' updates, and of what the server combines them to.
 *
 * <pre>{@code
 * federation.uplink(Transforms.clipNorm(1)).aggregate(Transforms.gaussianNoise(0.01));
 * }</pre>
 *
 * <p>Buffers and frozen parameters are neither counted nor changed.
 */
public final class Transforms {

    private Transforms() {}

    /**
     * Scales updates down to a Euclidean norm, those that are longer: {@code change *= min(1, bound / |change|)}. The
     * norm is computed in float64, the result is rounded to floats.
     *
     * @param bound above 0; with infinity nothing is changed, and the bits are those without a transform
     */
    public static UpdateTransform clipNorm(double bound) {
        Arguments.require(bound > 0, "norm out of range: bound=" + bound + ", limit=above 0; infinity is no limit");
        return bound == Double.POSITIVE_INFINITY ? UpdateTransform.NONE : new ClipNorm(bound);
    }

    /**
     * Adds independent normal numbers with a mean of 0 to the combined update, also in rounds without clients. They
     * come from the server's stream {@code noise}, so a second noise in a federation would be the first one again.
     *
     * <p>This is no differential privacy by itself: it does not account for what a client can change.
     *
     * @param std the standard deviation of each element, 0 or more and finite; with 0 nothing is changed, and the bits
     *     are those without a transform
     */
    public static AggregateTransform gaussianNoise(double std) {
        Arguments.requireNotNegative("standard deviation", "std", std);
        return std == 0 ? AggregateTransform.NONE : new GaussianNoise(std);
    }

    record ClipNorm(double bound) implements UpdateTransform {

        @Override
        public void apply(Tensor change, LocalRun run) {
            double norm = Math.sqrt(Tensors.sumOfSquares(change));
            if (norm > bound) {
                change.mul_(new Scalar(bound / norm));
            }
        }
    }

    record GaussianNoise(double std) implements AggregateTransform {

        @Override
        public void apply(Tensor change, ServerStep step) {
            try (Generator generator = step.generator("noise")) {
                Tensor noise = torch.empty_like(change).normal_(0, std, new GeneratorOptional(generator));
                change.add_(noise);
            }
        }
    }
}

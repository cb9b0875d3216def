package org.blazefl4j.step;

import java.util.function.ToLongFunction;
import org.blazefl4j.torch.FlatOptimizer;
import org.blazefl4j.torch.FlatRanges;
import org.blazefl4j.torch.StepRule;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * How steps follow from gradients. Vectors are float32, contiguous, on the CPU, as long as the parameters.
 *
 * @param maxGradNorm the norm of all gradients above which a step scales them down to it; infinity for no limit
 * @param moments those of the rule, which the steps change, and the number of steps taken before
 * @param constant added to each gradient; null for zeros
 * @param pull {@code pull * (w - anchor)} is added, too
 * @param anchor null if there is no pull
 * @param frozen the elements that no step changes
 */
public record Descent(
        StepRule rule,
        double maxGradNorm,
        FlatOptimizer.State moments,
        @Nullable Tensor constant,
        double pull,
        @Nullable Tensor anchor,
        FlatRanges frozen) {

    /** Returns steps of plain SGD. */
    public static Descent plain() {
        return new Descent(
                StepRule.sgd(),
                Double.POSITIVE_INFINITY,
                new FlatOptimizer.State(0, null, null),
                null,
                0,
                null,
                FlatRanges.NONE);
    }

    /** Returns the numbers that {@code bfl_net_train} names rule. */
    double[] rules() {
        double decoupled = rule.decoupled() ? 1 : 0;
        if (rule instanceof StepRule.Sgd sgd) {
            double nesterov = sgd.nesterov() ? 1 : 0;
            return new double[] {
                0, sgd.momentum(), sgd.dampening(), 0, sgd.weightDecay(), decoupled, nesterov, maxGradNorm, pull
            };
        }
        StepRule.Adam adam = (StepRule.Adam) rule;
        return new double[] {
            1, adam.beta1(), adam.beta2(), adam.eps(), adam.weightDecay(), decoupled, 0, maxGradNorm, pull
        };
    }

    /** Returns the numbers that {@code bfl_net_train} names state. */
    long[] state(ToLongFunction<Tensor> address) {
        return new long[] {
            of(moments.first(), address),
            of(moments.second(), address),
            moments.steps(),
            of(constant, address),
            of(pull == 0 ? null : anchor, address)
        };
    }

    private static long of(@Nullable Tensor vector, ToLongFunction<Tensor> address) {
        return vector == null ? 0 : address.applyAsLong(vector);
    }
}

package org.blazefl4j.torch;

import org.blazefl4j.util.Arguments;

/**
 * How a step follows from gradients: one of PyTorch's optimizers, without its learning rate. {@link FlatOptimizer}
 * takes the steps. Crosses into worker processes. Each {@code with} method returns a copy with one other value.
 *
 * <pre>{@code
 * StepRule rule = StepRule.sgd().withMomentum(0.9).withNesterov(true).withWeightDecay(5e-4);
 * }</pre>
 */
public sealed interface StepRule {

    /** Returns plain SGD. */
    static Sgd sgd() {
        return new Sgd(0, 0, false, 0, false);
    }

    /** Returns Adam with PyTorch's settings: beta1 0.9, beta2 0.999, eps 1e-8, no weight decay. */
    static Adam adam() {
        return new Adam(0.9, 0.999, 1e-8, 0, false);
    }

    /** Returns AdamW with PyTorch's settings: as {@link #adam()}, with a decoupled weight decay of 0.01. */
    static Adam adamW() {
        return adam().withDecoupledWeightDecay(0.01);
    }

    /** Returns the share of a weight that decays in a step at a learning rate of 1. */
    double weightDecay();

    /** Returns whether the decay shrinks weights themselves, as in AdamW, instead of adding to their gradients. */
    boolean decoupled();

    /** Returns how many vectors as long as the parameters are kept from step to step: 0, 1 or 2. */
    int moments();

    /**
     * {@code torch.optim.SGD}.
     *
     * @param momentum the share of the velocity that a step keeps, in [0, 1)
     * @param dampening the share of the gradient that the velocity leaves out after its first step, in [0, 1)
     * @param nesterov whether a step looks ahead; needs momentum without dampening
     * @param weightDecay 0 or more, finite
     * @param decoupled as in {@link #decoupled()}; PyTorch's SGD has it not
     */
    record Sgd(double momentum, double dampening, boolean nesterov, double weightDecay, boolean decoupled)
            implements StepRule {

        public Sgd {
            Arguments.requireShare("momentum", momentum);
            Arguments.requireShare("dampening", dampening);
            requireDecay(weightDecay);
            Arguments.require(
                    !nesterov || momentum > 0 && dampening == 0,
                    () -> "nesterov without momentum: momentum=" + momentum + ", dampening=" + dampening
                            + ", expected=momentum above 0 and dampening=0; set momentum first");
        }

        public Sgd withMomentum(double momentum) {
            return new Sgd(momentum, dampening, nesterov, weightDecay, decoupled);
        }

        public Sgd withDampening(double dampening) {
            return new Sgd(momentum, dampening, nesterov, weightDecay, decoupled);
        }

        public Sgd withNesterov(boolean nesterov) {
            return new Sgd(momentum, dampening, nesterov, weightDecay, decoupled);
        }

        public Sgd withWeightDecay(double weightDecay) {
            return new Sgd(momentum, dampening, nesterov, weightDecay, false);
        }

        public Sgd withDecoupledWeightDecay(double weightDecay) {
            return new Sgd(momentum, dampening, nesterov, weightDecay, true);
        }

        @Override
        public int moments() {
            return momentum == 0 ? 0 : 1;
        }
    }

    /**
     * {@code torch.optim.Adam}, or {@code torch.optim.AdamW} if the decay is decoupled.
     *
     * @param beta1 the share of the mean gradient that a step keeps, in [0, 1)
     * @param beta2 the share of the mean square that a step keeps, in [0, 1)
     * @param eps what is added to the root of the mean square, above 0 and finite
     * @param weightDecay 0 or more, finite
     * @param decoupled as in {@link #decoupled()}
     */
    record Adam(double beta1, double beta2, double eps, double weightDecay, boolean decoupled) implements StepRule {

        public Adam {
            Arguments.requireShare("beta1", beta1);
            Arguments.requireShare("beta2", beta2);
            requireDecay(weightDecay);
            Arguments.requirePositive("eps", "eps", eps);
        }

        public Adam withBetas(double beta1, double beta2) {
            return new Adam(beta1, beta2, eps, weightDecay, decoupled);
        }

        public Adam withEps(double eps) {
            return new Adam(beta1, beta2, eps, weightDecay, decoupled);
        }

        public Adam withWeightDecay(double weightDecay) {
            return new Adam(beta1, beta2, eps, weightDecay, false);
        }

        public Adam withDecoupledWeightDecay(double weightDecay) {
            return new Adam(beta1, beta2, eps, weightDecay, true);
        }

        @Override
        public int moments() {
            return 2;
        }
    }

    private static void requireDecay(double value) {
        Arguments.require(
                value >= 0 && value < Double.POSITIVE_INFINITY,
                () -> "weight decay out of range: weight_decay=" + value + ", limit=0 or more and finite");
    }
}

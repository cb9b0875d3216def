package org.blazefl4j.federation.algorithm;

import java.util.List;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.federation.ServerOptimizer;
import org.blazefl4j.federation.ServerStep;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Published ways in which servers move their model by the clients' combined update D, which is their mean change with
 * the default aggregation. Moments are float64. Buffers and frozen parameters take the combined model as it is.
 *
 * <pre>{@code
 * federation.serverOptimizer(ServerOptimizers.adam(0.01).withTau(1e-2));
 * }</pre>
 */
public final class ServerOptimizers {

    private ServerOptimizers() {}

    /**
     * Returns SGD, with a momentum FedAvgM (T.-M. H. Hsu et al.: Measuring the Effects of Non-Identical Data
     * Distribution for Federated Visual Classification, 2019): {@code v = momentum * v + D; x += rate * v}.
     *
     * @param rate the server's learning rate, above 0; the paper uses 1. With 1 and no momentum it is federated
     *     averaging
     * @param momentum in [0, 1); the paper uses 0.7 to 0.997, and mostly 0.9
     */
    public static ServerOptimizer sgd(double rate, double momentum) {
        return ServerMomentum.of(rate, momentum, false);
    }

    /** Returns FedAvgM with Nesterov's look ahead: {@code v = momentum * v + D; x += rate * (D + momentum * v)}. */
    public static ServerOptimizer nesterov(double rate, double momentum) {
        return ServerMomentum.of(rate, momentum, true);
    }

    /**
     * Returns FedAdagrad: {@code v += D^2}, with beta1 = 0 and else as {@link #adam}.
     *
     * @param rate the server's learning rate, above 0; the paper tries 0.001 to 10
     */
    public static Adaptive adagrad(double rate) {
        return new Adaptive(Adaptive.Rule.ADAGRAD, rate, 0, Adaptive.BETA2, Adaptive.TAU, square(Adaptive.TAU), false);
    }

    /**
     * Returns FedYogi: {@code v -= (1 - beta2) * D^2 * sign(v - D^2)}, and else as {@link #adam}.
     *
     * @param rate the server's learning rate, above 0; the paper tries 0.001 to 10
     */
    public static Adaptive yogi(double rate) {
        return moments(Adaptive.Rule.YOGI, rate);
    }

    /**
     * Returns FedAdam (S. Reddi et al.: Adaptive Federated Optimization, ICLR 2021, algorithm 2): {@code m = beta1 * m
     * + (1 - beta1) * D; v = beta2 * v + (1 - beta2) * D^2; x += rate * m / (sqrt(v) + tau)}. By default beta1 is 0.9,
     * beta2 0.99 and tau 0.001; m begins with 0 and v with tau^2; there is no correction of bias.
     *
     * @param rate the server's learning rate, above 0; the paper tries 0.001 to 10
     */
    public static Adaptive adam(double rate) {
        return moments(Adaptive.Rule.ADAM, rate);
    }

    private static Adaptive moments(Adaptive.Rule rule, double rate) {
        return new Adaptive(rule, rate, Adaptive.BETA1, Adaptive.BETA2, Adaptive.TAU, square(Adaptive.TAU), false);
    }

    /**
     * Returns an optimizer whose moves are multiplied by a schedule's factor, so that its learning rate follows the
     * rounds.
     *
     * @param schedule asked for step 0 of each round
     */
    public static ServerOptimizer scheduled(ServerOptimizer optimizer, Schedule schedule) {
        return schedule.equals(Schedule.constant()) ? optimizer : new Scheduled(optimizer, schedule);
    }

    private static double square(double value) {
        return value * value;
    }

    /**
     * An adaptive optimizer: see {@link #adagrad}, {@link #yogi} and {@link #adam}. Each {@code with} method returns a
     * copy with one other value.
     *
     * @param rule how v follows from updates
     * @param rate the learning rate, above 0 and finite
     * @param beta1 the share of m that a round keeps, in [0, 1)
     * @param beta2 the share of v that a round keeps, in [0, 1); Adagrad keeps all
     * @param tau the degree of adaptivity, added to the root of v, above 0 and finite
     * @param initialV the elements of v before the first round, 0 or more and finite
     * @param biasCorrection whether m and v are divided by {@code 1 - beta^t} in round t, counted from 1, as in PyTorch
     */
    public record Adaptive(
            Rule rule, double rate, double beta1, double beta2, double tau, double initialV, boolean biasCorrection)
            implements ServerOptimizer {

        private static final double BETA1 = 0.9;
        private static final double BETA2 = 0.99;
        private static final double TAU = 1e-3;

        /** How v follows from updates. */
        public enum Rule {
            /** Their squares are added. */
            ADAGRAD,
            /** It moves towards their squares by a share of them, so it falls slowly. */
            YOGI,
            /** It is a moving mean of their squares. */
            ADAM
        }

        public Adaptive {
            Arguments.requirePositive("server learning rate", "server_lr", rate);
            Arguments.requireShare("beta1", beta1);
            Arguments.requireShare("beta2", beta2);
            Arguments.requirePositive("adaptivity", "tau", tau);
            Arguments.requireNotNegative("initial v", "initial_v", initialV);
            Arguments.require(
                    !biasCorrection || rule != Rule.ADAGRAD,
                    "bias correction of a sum: rule=ADAGRAD, expected=YOGI or ADAM, whose v are means");
        }

        public Adaptive withBetas(double beta1, double beta2) {
            return new Adaptive(rule, rate, beta1, beta2, tau, initialV, biasCorrection);
        }

        /** Sets the degree of adaptivity, and its square as the initial v, as the paper does. */
        public Adaptive withTau(double tau) {
            return new Adaptive(rule, rate, beta1, beta2, tau, square(tau), biasCorrection);
        }

        public Adaptive withInitialV(double initialV) {
            return new Adaptive(rule, rate, beta1, beta2, tau, initialV, biasCorrection);
        }

        /** Corrects the bias of means that begin with 0, as PyTorch does: the initial v becomes 0. */
        public Adaptive withBiasCorrection() {
            return new Adaptive(rule, rate, beta1, beta2, tau, 0, true);
        }

        @Override
        public List<Double> initial() {
            return beta1 > 0 ? List.of(initialV, 0.0) : List.of(initialV);
        }

        @Override
        public void step(Tensor change, ServerStep step) {
            Tensor update = change.to(ScalarType.Double);
            Tensor m = beta1 > 0 ? mean(step.kept().get(1), update) : update;
            Tensor v = step.kept().get(0);
            addSquare(v, update.square());
            int t = step.round() + 1;
            Tensor scale = v.div(new Scalar(unbiased(beta2, t))).sqrt_().add_(new Scalar(tau));
            change.copy_(m.mul(new Scalar(rate / unbiased(beta1, t))).div_(scale));
        }

        private Tensor mean(Tensor m, Tensor update) {
            return m.mul_(new Scalar(beta1)).add_(update.mul(new Scalar(1 - beta1)));
        }

        private void addSquare(Tensor v, Tensor square) {
            Tensor share = rule == Rule.ADAGRAD ? square : square.mul(new Scalar(1 - beta2));
            switch (rule) {
                case ADAGRAD -> v.add_(share);
                case YOGI -> v.sub_(v.sub(square).sign_().mul_(share));
                case ADAM -> v.mul_(new Scalar(beta2)).add_(share);
            }
        }

        private double unbiased(double beta, int t) {
            return biasCorrection ? 1 - StrictMath.pow(beta, t) : 1;
        }
    }
}

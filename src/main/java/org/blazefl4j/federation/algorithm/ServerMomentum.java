package org.blazefl4j.federation.algorithm;

import java.util.List;
import org.blazefl4j.federation.ServerOptimizer;
import org.blazefl4j.federation.ServerStep;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * SGD at the server: {@code v = momentum * v + change; x += rate * v}, or with Nesterov's look ahead {@code x += rate *
 * (change + momentum * v)}.
 */
record ServerMomentum(double rate, double momentum, boolean nesterov) implements ServerOptimizer {

    /** Returns the optimizer, or {@link ServerOptimizer#REPLACE} if it takes the mean as it is. */
    static ServerOptimizer of(double rate, double momentum, boolean nesterov) {
        Arguments.requirePositive("server learning rate", "server_lr", rate);
        Arguments.requireShare("momentum", momentum);
        return rate == 1 && momentum == 0 ? REPLACE : new ServerMomentum(rate, momentum, nesterov && momentum > 0);
    }

    @Override
    public List<Double> initial() {
        return momentum > 0 ? List.of(0.0) : List.of();
    }

    @Override
    public void step(Tensor change, ServerStep step) {
        if (momentum == 0) {
            change.mul_(new Scalar(rate));
            return;
        }
        Tensor velocity = step.kept().get(0);
        velocity.mul_(new Scalar(momentum)).add_(change);
        Tensor move = nesterov ? velocity.mul(new Scalar(momentum)).add_(change) : velocity;
        change.copy_(move.mul(new Scalar(rate)));
    }
}

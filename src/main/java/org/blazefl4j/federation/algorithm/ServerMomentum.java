package org.blazefl4j.federation.algorithm;

import org.blazefl4j.federation.ServerOptimizer;
import org.blazefl4j.federation.ServerStep;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** SGD at the server: {@code v = momentum * v + change; x += rate * v}. */
record ServerMomentum(double rate, double momentum) implements ServerOptimizer {

    /** Returns the optimizer, or {@link ServerOptimizer#REPLACE} if it takes the mean as it is. */
    static ServerOptimizer of(double rate, double momentum) {
        Arguments.requirePositive("server learning rate", "server_lr", rate);
        Arguments.requireShare("momentum", momentum);
        return rate == 1 && momentum == 0 ? REPLACE : new ServerMomentum(rate, momentum);
    }

    @Override
    public int vectors() {
        return momentum > 0 ? 1 : 0;
    }

    @Override
    public void step(Tensor change, ServerStep step) {
        if (momentum > 0) {
            Tensor velocity = step.kept().get(0);
            velocity.mul_(new Scalar(momentum)).add_(change);
            change.copy_(velocity.mul(new Scalar(rate)));
        } else {
            change.mul_(new Scalar(rate));
        }
    }
}

package org.blazefl4j.federation.algorithm;

import org.blazefl4j.federation.ServerOptimizer;
import org.blazefl4j.federation.ServerStep;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** SGD at the server that looks ahead: {@code v = momentum * v + change; x += rate * (change + momentum * v)}. */
record ServerNesterov(double rate, double momentum) implements ServerOptimizer {

    /** Returns the optimizer, without momentum as {@link ServerMomentum#of}. */
    static ServerOptimizer of(double rate, double momentum) {
        ServerOptimizer plain = ServerMomentum.of(rate, momentum);
        return momentum == 0 ? plain : new ServerNesterov(rate, momentum);
    }

    @Override
    public int vectors() {
        return 1;
    }

    @Override
    public void step(Tensor change, ServerStep step) {
        Tensor velocity = step.kept().get(0);
        velocity.mul_(new Scalar(momentum)).add_(change);
        change.copy_(velocity.mul(new Scalar(momentum)).add_(change).mul_(new Scalar(rate)));
    }
}

package org.blazefl4j.contrib.dsfl;

import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.pytorch.Tensor;

/**
 * SGD on a bound model, plain or with momentum. Its velocity is what has to be kept for it to go on later where it
 * stopped.
 */
final class Optimizer implements AutoCloseable {

    private final FlatParameters state;
    /** Where the velocity is, if there is one; null before there was any. */
    private Tensor memory;

    private boolean moving;

    Optimizer(FlatParameters state) {
        this.state = state;
    }

    static void checkMomentum(double momentum) {
        if (!(momentum >= 0 && momentum < 1)) {
            throw new IllegalArgumentException("momentum out of range: momentum=" + momentum + ", limit=[0, 1)");
        }
    }

    /** One step along the gradients. */
    void step(double lr, double momentum) {
        if (momentum == 0) {
            state.sgdStep(lr);
            return;
        }
        if (!moving) {
            memory().zero_();
            moving = true;
        }
        state.sgdStep(lr, momentum, memory);
    }

    /** The velocity, float32, shape [numel], owned by this; null if no step with momentum was taken. */
    Tensor velocity() {
        return moving ? memory : null;
    }

    /**
     * Goes on with a velocity.
     *
     * @param velocity copied; null for none
     */
    void load(Tensor velocity) {
        moving = velocity != null;
        if (moving) {
            memory().copy_(velocity);
        }
    }

    private Tensor memory() {
        if (memory == null) {
            memory = state.flatten();
            memory.retainReference(); // it outlives the client that it is made for
        }
        return memory;
    }

    @Override
    public void close() {
        if (memory != null) {
            memory.close();
        }
    }
}

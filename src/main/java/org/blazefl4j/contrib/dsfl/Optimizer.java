package org.blazefl4j.contrib.dsfl;

import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** SGD on a bound model, plain or with momentum. Its velocity is all of its state. */
final class Optimizer implements AutoCloseable {

    private final FlatParameters state;
    /** Holds the velocity while moving; null before the first one. */
    private @Nullable Tensor memory;

    private boolean moving;

    Optimizer(FlatParameters state) {
        this.state = state;
    }

    /** Takes one step. */
    void step(double lr, double momentum) {
        if (momentum == 0) {
            state.sgdStep(lr);
            return;
        }
        if (!moving) {
            memory().zero_();
            moving = true;
        }
        state.sgdStep(lr, momentum, memory());
    }

    /** Returns the velocity, float32, shape [numel], owned by this object; null if no step had momentum. */
    @Nullable
    Tensor velocity() {
        return moving ? memory : null;
    }

    /** Continues with a copy of a velocity, or without one. */
    void load(@Nullable Tensor velocity) {
        moving = velocity != null;
        if (velocity != null) {
            memory().copy_(velocity);
        }
    }

    private Tensor memory() {
        if (memory == null) {
            memory = state.flatten().retainReference(); // outlives the client
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

package org.blazefl4j.contrib.common;

import java.util.Optional;
import org.blazefl4j.contrib.support.TrainingLoop;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.Batch;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatOptimizer;
import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;

/**
 * What a client's training does differently from SGD on the cross-entropy of its samples: override the methods in
 * question. Used by one client in one worker.
 */
public interface LocalVariant {

    /** Changes nothing. */
    LocalVariant PLAIN = new LocalVariant() {};

    /**
     * Sets the gradients to which those of a batch are added, before each batch.
     *
     * @param state bound to the client's model
     */
    default void startGradients(FlatParameters state) {
        state.dropGradients();
    }

    /**
     * Returns the loss of one batch, a tensor of one element.
     *
     * @param model in training mode, on the batch's device
     */
    default Tensor loss(Model model, Batch batch) {
        return TrainingLoop.Loss.CROSS_ENTROPY.of(model, batch);
    }

    /**
     * Takes a step.
     *
     * @param state bound to the client's model, with the gradients of the batch
     * @param step moves the parameters by these gradients
     */
    default void step(FlatParameters state, Runnable step) {
        step.run();
    }

    /** Returns the client's stream for a purpose. */
    default Generator generator(String purpose, WorkerContext context) {
        return context.generator(purpose);
    }

    /** Returns the moments that were kept in the client's last round; by default they are all of its state. */
    default Optional<FlatOptimizer.State> moments(WorkerContext context) {
        return context.state(FlatOptimizer.State.class);
    }

    /** Keeps the moments for the client's next round. */
    default void keepMoments(FlatOptimizer.State moments, WorkerContext context) {
        context.keepState(moments);
    }
}

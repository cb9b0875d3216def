package org.blazefl4j.contrib.common;

import java.util.Optional;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.Batch;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.torch.FlatOptimizer;
import org.blazefl4j.torch.FlatRanges;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a client's training does differently from SGD on the cross-entropy of its samples: override the methods in
 * question. Each is asked once in a training, by one client in one worker.
 *
 * <p>What is declared as {@link #terms} costs next to nothing. A {@link #hook} has the steps taken one by one, and a
 * {@link #loss} has LibTorch take them, whatever the model's {@link org.blazefl4j.model.Engine}.
 */
public interface LocalVariant {

    /** Changes nothing. */
    LocalVariant PLAIN = new LocalVariant() {};

    /**
     * What is added to the gradient of each batch, {@code constant + pull * (w - anchor)} at the parameters {@code w},
     * and what no step changes. Vectors are float32, contiguous, shape [numel], on the model's device.
     *
     * @param constant zero at buffers and frozen parameters; null for zeros
     * @param pull 0 for none
     * @param anchor null if there is no pull
     * @param frozen elements that stay as they are, besides the model's own {@link LocalModel#fixed()}
     */
    record Terms(
            @Nullable Tensor constant,
            double pull,
            @Nullable Tensor anchor,
            FlatRanges frozen) {

        /** Nothing. */
        public static final Terms NONE = new Terms(null, 0, null, FlatRanges.NONE);

        boolean addNothing() {
            return constant == null && pull == 0;
        }
    }

    /**
     * What is done at each step besides. Tensors are float32, shape [numel], on the client's device, and those that it
     * makes are freed after the step.
     */
    interface Hook {

        /**
         * Called before the gradient of a batch is computed; does nothing by default.
         *
         * @param model the whole state. What is written there is where the gradient is taken, and must be undone in
         *     {@link #after}
         */
        default void before(Batch batch, Tensor model) {}

        /**
         * Called before the step; does nothing by default.
         *
         * @param model the whole state, with the batch's share in its buffers
         * @param gradient the step follows what is written there; zero at buffers and frozen parameters, as it must
         *     stay
         */
        default void after(Batch batch, Tensor model, Tensor gradient) {}
    }

    /** What the steps minimise. */
    @FunctionalInterface
    interface Loss {

        /**
         * Returns the loss of one batch, a tensor of one element.
         *
         * @param model in training mode, on the batch's device
         */
        Tensor of(Model model, Batch batch);
    }

    /** Returns what is added to gradients and what stays as it is. */
    default Terms terms() {
        return Terms.NONE;
    }

    /** Returns what is done at each step besides, if anything is. */
    default Optional<? extends Hook> hook() {
        return Optional.empty();
    }

    /** Returns the loss, if it is not the mean cross-entropy of a batch. */
    default Optional<? extends Loss> loss() {
        return Optional.empty();
    }

    /** Returns the client's stream for a purpose. */
    default RandomStream stream(String purpose, WorkerContext context) {
        return context.stream(purpose);
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

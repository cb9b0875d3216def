package org.blazefl4j.contrib.support;

import java.util.Objects;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Epoch;
import org.blazefl4j.model.Model;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Trains a model, one step per batch, in the mode that the caller has set.
 *
 * <pre>{@code
 * new TrainingLoop(model, device, state::dropGradients)
 *         .run(loader, epochs, Loss.CROSS_ENTROPY, () -> state.sgdStep(0.1), stop);
 * }</pre>
 *
 * @param model on {@code device}
 * @param start sets the gradients to which those of a batch are added, before each batch
 */
public record TrainingLoop(Model model, Device device, Runnable start) {

    /** The function that the steps minimise. */
    @FunctionalInterface
    public interface Loss {

        /** The cross-entropy of a model's outputs with the labels, as the mean over samples. */
        Loss CROSS_ENTROPY = (model, batch) ->
                torch.cross_entropy(model.output(batch.x()), Objects.requireNonNull(batch.y(), "labels"));

        /** Returns the loss of one batch, which is on the model's device, as a tensor of one element. */
        Tensor of(Model model, Batch batch);
    }

    /**
     * Trains for some epochs.
     *
     * @param loader reads the samples, on the CPU
     * @param step updates the parameters by the gradients of one batch
     * @param stop checked before each batch
     * @return the number of steps
     * @throws org.blazefl4j.core.StoppedException if the stop event is set
     */
    public long run(DataLoader loader, int epochs, Loss loss, Runnable step, StopEvent stop) {
        long steps = 0;
        for (int i = 0; i < epochs; i++) {
            steps += epoch(loader, Long.MAX_VALUE, loss, step, stop);
        }
        return steps;
    }

    /**
     * Trains for a number of steps, in as many epochs as they take, as {@link #run} does. The last epoch ends with the
     * last step.
     *
     * @throws IllegalArgumentException if the loader has no batch
     */
    public long runSteps(DataLoader loader, long count, Loss loss, Runnable step, StopEvent stop) {
        long steps = 0;
        while (steps < count) {
            long taken = epoch(loader, count - steps, loss, step, stop);
            Arguments.require(taken > 0, "no batch to train on: batches=0, limit=1 or more; give samples");
            steps += taken;
        }
        return steps;
    }

    private long epoch(DataLoader loader, long limit, Loss loss, Runnable step, StopEvent stop) {
        long steps = 0;
        try (Epoch epoch = loader.iterator()) {
            while (steps < limit && epoch.hasNext()) {
                stop.throwIfSet();
                step(epoch, loss, step);
                steps++;
            }
        }
        return steps;
    }

    /** Reads the batch within the scope too, which frees what data sets and transforms of the user leave open. */
    private void step(Epoch epoch, Loss loss, Runnable step) {
        try (PointerScope scope = new PointerScope();
                Batch batch = device.move(epoch.next())) {
            start.run();
            loss.of(model, batch).backward();
            step.run();
        }
    }
}

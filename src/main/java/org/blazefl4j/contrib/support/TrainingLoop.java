package org.blazefl4j.contrib.support;

import java.util.Objects;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.DataLoader.Epoch;
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

    /** What takes the steps of an epoch. */
    @FunctionalInterface
    public interface Steps {

        /**
         * Takes steps by the next batches of an epoch, which has at least one left.
         *
         * @param most the number of steps, 1 or more
         * @return the number of steps taken, 1 or more
         */
        long take(Epoch epoch, long most);
    }

    /**
     * Trains for some epochs, one step per batch.
     *
     * @param loader reads the samples, on the CPU
     * @param step updates the parameters by the gradients of one batch
     * @param stop checked before each batch
     * @return the number of steps
     * @throws org.blazefl4j.core.StoppedException if the stop event is set
     */
    public long run(DataLoader loader, int epochs, Loss loss, Runnable step, StopEvent stop) {
        return run(
                loader,
                epochs,
                (epoch, most) -> {
                    step(epoch, loss, step);
                    return 1;
                },
                stop);
    }

    /** Reads the batch within the scope too, which frees what data sets and transforms of the user leave open. */
    private void step(Epoch epoch, Loss loss, Runnable step) {
        try (PointerScope scope = new PointerScope();
                Batch batch = device.next(epoch)) {
            start.run();
            loss.of(model, batch).backward();
            step.run();
        }
    }

    /** Takes the steps of some epochs; the stop event is checked before each call. Returns their number. */
    public static long run(DataLoader loader, int epochs, Steps steps, StopEvent stop) {
        long taken = 0;
        for (int i = 0; i < epochs; i++) {
            taken += epoch(loader, Long.MAX_VALUE, steps, stop);
        }
        return taken;
    }

    /**
     * Takes a number of steps, in as many epochs as they take, as {@link #run(DataLoader, int, Steps, StopEvent)} does.
     * The last epoch ends with the last step.
     *
     * @throws IllegalArgumentException if the loader has no batch
     */
    public static long runSteps(DataLoader loader, long count, Steps steps, StopEvent stop) {
        long taken = 0;
        while (taken < count) {
            long more = epoch(loader, count - taken, steps, stop);
            Arguments.require(more > 0, "no batch to train on: batches=0, limit=1 or more; give samples");
            taken += more;
        }
        return taken;
    }

    private static long epoch(DataLoader loader, long most, Steps steps, StopEvent stop) {
        long taken = 0;
        try (Epoch epoch = loader.iterator()) {
            while (taken < most && epoch.hasNext()) {
                stop.throwIfSet();
                taken += steps.take(epoch, most - taken);
            }
        }
        return taken;
    }
}

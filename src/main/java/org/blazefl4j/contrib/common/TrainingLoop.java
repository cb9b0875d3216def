package org.blazefl4j.contrib.common;

import org.blazefl4j.core.Device;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Epoch;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Descends along the gradients of a model that is trained in a flat vector, one step per batch.
 *
 * <pre>{@code
 * descent.run(loader, epochs, torch::cross_entropy, () -> state.sgdStep(0.1), stop);
 * }</pre>
 */
public final class TrainingLoop {

    /** What the steps make smaller. */
    @FunctionalInterface
    public interface Loss {

        /**
         * The loss of one batch.
         *
         * @param output the model's output
         * @param target the batch's targets
         * @return of one element
         */
        Tensor of(Tensor output, Tensor target);
    }

    private final Model model;
    private final FlatParameters state;
    private final Device device;
    private final Runnable start;

    /**
     * For one model.
     *
     * @param model on {@code device}; stays the caller's
     * @param state the model's; bound whenever this runs; stays the caller's
     * @param device where the model is
     */
    public TrainingLoop(Model model, FlatParameters state, Device device) {
        this(model, state, device, state::zeroGradients);
    }

    /**
     * For one model, with gradients that do not start from zero.
     *
     * @param model on {@code device}; stays the caller's
     * @param state the model's; bound whenever this runs; stays the caller's
     * @param device where the model is
     * @param start sets the gradients that those of a batch are added to, before each batch
     */
    public TrainingLoop(Model model, FlatParameters state, Device device, Runnable start) {
        this.model = model;
        this.state = state;
        this.device = device;
        this.start = start;
    }

    /**
     * Takes the steps of some epochs. The model is in the mode that the caller has set.
     *
     * @param loader reads the samples, on the CPU
     * @param epochs how often it reads all
     * @param loss what is made smaller
     * @param step moves the parameters along the gradients of one batch, which are in the state's flat vector unless
     *     {@code start} dropped them
     * @param stop looked at before each batch
     * @return the number of steps
     * @throws IllegalStateException if the state is not bound
     * @throws org.blazefl4j.core.StoppedException if the stop event is set
     */
    public long run(DataLoader loader, int epochs, Loss loss, Runnable step, StopEvent stop) {
        long steps = 0;
        for (int i = 0; i < epochs; i++) {
            try (Epoch epoch = loader.iterator()) {
                steps += run(epoch, loss, step, stop);
            }
        }
        return steps;
    }

    private long run(Epoch epoch, Loss loss, Runnable step, StopEvent stop) {
        long steps = 0;
        while (epoch.hasNext()) {
            stop.throwIfSet();
            try (PointerScope scope = new PointerScope();
                    Batch batch = Batches.move(epoch.next(), device)) {
                start.run();
                loss.of(model.output(batch.x()), batch.y()).backward();
                step.run();
            }
            steps++;
        }
        return steps;
    }
}

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
import org.jspecify.annotations.Nullable;

/**
 * Trains a model whose parameters are views of a flat vector, one step per batch.
 *
 * <pre>{@code
 * descent.run(loader, epochs, torch::cross_entropy, () -> state.sgdStep(0.1), stop);
 * }</pre>
 */
public final class TrainingLoop {

    /** The function that the steps minimise. */
    @FunctionalInterface
    public interface Loss {

        /** Returns the loss of one batch as a tensor of one element. The target is null if the data set has none. */
        Tensor of(Tensor output, @Nullable Tensor target);
    }

    private final Model model;
    private final FlatParameters state;
    private final Device device;
    private final Runnable start;

    /** Trains one model, with gradients that start from zero at each batch. */
    public TrainingLoop(Model model, FlatParameters state, Device device) {
        this(model, state, device, state::zeroGradients);
    }

    /**
     * Trains one model.
     *
     * @param model on {@code device}; stays the caller's
     * @param state the model's, bound whenever this runs; stays the caller's
     * @param start sets the gradients to which those of a batch are added, before each batch
     */
    public TrainingLoop(Model model, FlatParameters state, Device device, Runnable start) {
        this.model = model;
        this.state = state;
        this.device = device;
        this.start = start;
    }

    /**
     * Trains for some epochs, in the mode that the caller has set.
     *
     * @param loader reads the samples, on the CPU
     * @param step updates the parameters by the gradients of one batch, which are in the state's flat vector unless
     *     {@code start} dropped them
     * @param stop checked before each batch
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
                    Batch batch = device.move(epoch.next())) {
                start.run();
                loss.of(model.output(batch.x()), batch.y()).backward();
                step.run();
            }
            steps++;
        }
        return steps;
    }
}

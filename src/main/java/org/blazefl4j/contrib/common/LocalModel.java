package org.blazefl4j.contrib.common;

import java.util.Arrays;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.blazefl4j.contrib.common.EvaluationTask.BatchScore;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A worker's model, trained by one client after another. Each client overwrites the whole state with the one that it
 * starts from, so nothing of the client before is left.
 *
 * <p>While a client trains, the parameters are views of its result: the trained weights need no copy.
 */
public final class LocalModel implements AutoCloseable {

    private final Model model;
    private final FlatParameters state;
    private final TrainingLoop descent;
    /** Returns what is added to the gradients of a step; null for nothing. */
    private @Nullable Supplier<Tensor> correction;

    private LocalModel(SelectedModel<?> selected, Device device) {
        this.model = selected.make(device);
        this.state = FlatParameters.of(model);
        this.descent = new TrainingLoop(model, state, device, this::startGradients);
    }

    /** Returns the worker's model on the client's device, made at the first call in a worker. The context owns it. */
    public static LocalModel of(SelectedModel<?> selected, WorkerContext context) {
        return of(selected, context.device(), context);
    }

    private static LocalModel of(SelectedModel<?> selected, Device device, WorkerContext context) {
        return context.get("local model " + selected.key(device), () -> new LocalModel(selected, device));
    }

    /** Scores one batch of an evaluation by the worker's model: the one that clients train, if it is the same. */
    static BatchScore score(int batch, EvaluationTask task, WorkerContext context) {
        Device device = task.device(context);
        LocalModel local = of(task.model(), device, context);
        return local.with(task.parameters(), device, () -> task.score(batch, local.model, device));
    }

    /** Runs work with the model in a state. A bound model gets memory for it that is freed afterwards. */
    private <T> T with(Tensor parameters, Device device, Supplier<T> work) {
        if (!state.isBound() || !device.isCpu()) {
            state.load(parameters);
            return work.get();
        }
        try (Tensor memory = torch.empty(state.numel())) {
            state.borrow(memory);
            try {
                state.load(parameters);
                return work.get();
            } finally {
                state.giveBack();
            }
        }
    }

    /**
     * Trains one client by SGD on the cross-entropy of its samples, in shuffled batches, as
     * {@link ClientConfig#options()} say. Draws from the client's streams {@code shuffle} for the order of samples,
     * {@code augment} for random transforms and {@code dropout} for the model.
     *
     * @param start the state to start from, float32, shape [numel]; unchanged afterwards
     * @param result receives the client's state, float32, contiguous, on the CPU, shape [numel]; nothing refers to it
     *     after the return
     * @return the number of steps
     * @throws IllegalArgumentException if {@code start} has another shape
     * @throws org.blazefl4j.core.StoppedException if the client's stop event was set
     */
    public long train(ClientConfig config, Tensor start, Tensor result, WorkerContext context) {
        DataLoader loader =
                config.options().loader(config.dataset(), context.generator("shuffle"), context.generator("augment"));
        return use(
                start,
                result,
                context,
                () -> descend(loader, config.options(), torch::cross_entropy, context.stopEvent()));
    }

    /**
     * Trains as {@link #train(ClientConfig, Tensor, Tensor, WorkerContext)} and adds a vector to the gradient of every
     * step. Zeroes give the same bits as no vector.
     *
     * @param start the state to start from, float32, shape [numel]; unchanged afterwards
     * @param correction what is added, float32, shape [numel], on the client's device, zero where {@link #zeroFixed}
     *     zeroes; unchanged afterwards
     * @param result receives the client's state, as above
     * @return the number of steps
     * @throws IllegalArgumentException if {@code start} or {@code correction} has another shape
     * @throws org.blazefl4j.core.StoppedException if the client's stop event was set
     */
    public long train(ClientConfig config, Tensor start, Tensor correction, Tensor result, WorkerContext context) {
        return train(config, start, () -> correction, result, context);
    }

    /**
     * Trains as {@link #train(ClientConfig, Tensor, Tensor, WorkerContext)} does, with what a function gives added to
     * the gradient of each step: the gradient of a term that draws the model somewhere, say.
     *
     * @param config the client
     * @param start the state to start from, float32, shape [numel], which stays unchanged
     * @param gradient called before each batch with the state as it is, float32, shape [numel], on the client's device,
     *     which it only reads; returns a new tensor of that kind, which is {@linkplain #zeroFixed zeroed} at buffers
     *     and frozen parameters. The tensors that it makes are closed after the step
     * @param result where the client's state goes, float32, contiguous, on the CPU, shape [numel]; nothing refers to it
     *     after the return
     * @param context the client's
     * @return the number of steps taken
     * @throws IllegalArgumentException if {@code start} or what the function returns has another shape
     * @throws org.blazefl4j.core.StoppedException if the client's stop event was set
     */
    public long train(
            ClientConfig config, Tensor start, UnaryOperator<Tensor> gradient, Tensor result, WorkerContext context) {
        Supplier<Tensor> fixed = () -> {
            Tensor added = gradient.apply(state.vector());
            state.zeroFixed(added);
            return added;
        };
        return train(config, start, fixed, result, context);
    }

    private long train(
            ClientConfig config, Tensor start, Supplier<Tensor> added, Tensor result, WorkerContext context) {
        correction = added;
        try {
            return train(config, start, result, context);
        } finally {
            correction = null;
        }
    }

    /**
     * Zeroes a vector at what training does not change by steps: buffers and frozen parameters.
     *
     * @param flat float32, shape [numel], on any device
     * @throws IllegalArgumentException if it has another dtype or shape
     */
    public void zeroFixed(Tensor flat) {
        state.zeroFixed(flat);
    }

    /**
     * Runs work with the model in training mode, without gradients at first and with the client's stream
     * {@code dropout}.
     *
     * @param start the state to start from, float32, shape [numel]; unchanged afterwards
     * @param result receives the state, float32, contiguous, on the CPU, shape [numel]; nothing refers to it after the
     *     return
     * @param work uses {@link #model()} and {@link #descend}, for example
     * @return what the work returned
     * @throws IllegalArgumentException if {@code start} has another shape
     */
    public <T> T use(Tensor start, Tensor result, WorkerContext context, Supplier<T> work) {
        checkLength(start);
        if (!state.isBound()) { // at the first training only: a model that cannot be bound can still be evaluated
            state.bindUndefined();
        }
        if (!context.device().equals(Device.CPU)) {
            T outcome = use(start, context, work);
            state.flatten(result);
            return outcome;
        }
        state.borrow(result);
        try {
            T outcome = use(start, context, work);
            state.writeBuffers();
            return outcome;
        } finally {
            state.giveBack();
        }
    }

    private <T> T use(Tensor start, WorkerContext context, Supplier<T> work) {
        state.load(start);
        state.dropGradients();
        try {
            model.train(true);
            model.setGenerator(context.generator("dropout"));
            return work.get();
        } finally {
            model.setGenerator(null);
            state.dropGradients();
        }
    }

    /** LibTorch would silently broadcast a vector of one element. */
    private void checkLength(Tensor start) {
        if (start.dim() != 1 || start.numel() != state.numel()) {
            throw new IllegalArgumentException("global model of the wrong shape: shape="
                    + Arrays.toString(start.shape()) + ", expected=[" + state.numel()
                    + "]; server and clients must select the same model");
        }
    }

    /**
     * Takes steps of plain SGD, one per batch; inside {@link #use} only.
     *
     * @param loader reads the samples, on the CPU
     * @param options the number of epochs and the learning rate; the batches are the loader's
     * @param loss what the steps minimise
     * @param stop checked before each batch
     * @return the number of steps
     * @throws IllegalStateException outside {@code use}
     * @throws org.blazefl4j.core.StoppedException if the stop event is set
     */
    public long descend(DataLoader loader, SgdOptions options, TrainingLoop.Loss loss, StopEvent stop) {
        return descent.run(loader, options.epochs(), loss, () -> state.sgdStep(options.lr()), stop);
    }

    private void startGradients() {
        if (correction == null) {
            state.dropGradients();
        } else {
            state.startGradients(correction.get());
        }
    }

    /** Returns the model; owned by this object. */
    public Model model() {
        return model;
    }

    @Override
    public void close() {
        state.close();
        model.close();
    }
}

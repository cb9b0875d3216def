package org.blazefl4j.contrib.common;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.blazefl4j.contrib.support.ModelFit;
import org.blazefl4j.contrib.support.Partitions;
import org.blazefl4j.contrib.support.SentVector;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.core.Workers;
import org.blazefl4j.model.Model;
import org.blazefl4j.modelfile.StateDict;
import org.blazefl4j.step.ModelEngine;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.FlatRanges;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The model that a server evaluates, and sends to clients in most algorithms: its state as a flat vector, and a module
 * for the evaluation. The vector is on the CPU, unless {@link #next(OptionalInt)} was asked for another place. A
 * round's result goes to a second vector, because clients may still read the first.
 *
 * <pre>{@code
 * sum.mean(global.next());
 * global.advance();
 * }</pre>
 *
 * <p>Used by one thread at a time. Owns both vectors; the data stays the caller's.
 */
public final class GlobalModel implements Checkpointable, AutoCloseable {

    private static final String PARAMETERS = "parameters";
    private static final String EVALUATED = "evaluated";

    private final PartitionedDataset<PartitionType> dataset;
    private final ServerOptions options;
    private final SelectedModel<?> selected;
    private final Model model;
    private final ModelEngine engines;
    private final FlatParameters state;
    private final SentVector vector;
    /** What is evaluated instead of the state; null for the state. */
    private @Nullable Tensor evaluated;

    /**
     * Makes a model with its initial parameters.
     *
     * @param dataset holds the common samples to evaluate on as {@link PartitionType#TEST}
     * @throws IllegalArgumentException if there are no test samples, the model does not fit them, or the CUDA device
     *     does not exist
     */
    public GlobalModel(SelectedModel<?> selected, PartitionedDataset<PartitionType> dataset, ServerOptions options) {
        options.device().requireAvailable();
        Partitions.requireCommon(dataset, PartitionType.TEST);
        this.dataset = dataset;
        this.options = options;
        this.selected = selected;
        this.model = selected.make(options.device());
        this.engines = new ModelEngine(model);
        try {
            ModelFit.requireEvaluable(model, dataset.getDataset(PartitionType.TEST), options.device());
            this.state = FlatParameters.of(model);
            try (Tensor flat = state.flatten()) {
                this.vector = new SentVector(flat.cpu());
            }
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /** Returns the length of the vectors. */
    public long numel() {
        return state.numel();
    }

    /**
     * Returns a reference to the state for a downlink package: parameters and buffers, in {@code state_dict} order,
     * float32, shape [{@link #numel()}]. Read-only; unchanged until the {@link #advance()} after the next one. The
     * receiver may close it but need not.
     */
    public Tensor lend() {
        return vector.lend();
    }

    /**
     * Returns a reference to the state that {@link #evaluate} evaluates; read-only, until the next {@link #advance()}.
     */
    public Tensor lendEvaluated() {
        return vector.lend(evaluated());
    }

    /** Returns the state, read-only; owned by this object. */
    public Tensor current() {
        return vector.current();
    }

    /** Returns the tensor to write the next state to: float32, contiguous, shape [{@link #numel()}]. */
    public Tensor next() {
        return vector.next();
    }

    /**
     * Returns the tensor to write the next state to, on a CUDA device, so that clients there copy nothing from the CPU.
     *
     * @param device the index of the device; empty, as where it has no memory, for the CPU
     */
    public Tensor next(OptionalInt device) {
        return vector.next(device.orElse(-1));
    }

    /** Makes what was written to {@link #next()} the state. */
    public void advance() {
        vector.advance();
        state.load(evaluated());
    }

    private Tensor evaluated() {
        return evaluated == null ? current() : evaluated;
    }

    /**
     * Makes a copy of what was written to {@link #next()} the state that {@link #evaluate} evaluates, until the next
     * call, in place of the one that clients receive.
     */
    public void evaluateNext() {
        evaluated = evaluated == null ? next().clone().retainReference() : evaluated.copy_(next());
    }

    /** Returns the elements that no step changes: buffers and frozen parameters. */
    public FlatRanges fixed() {
        return state.fixed();
    }

    /** Returns the elements that no step changes, and those of the tensors with some names. */
    public FlatRanges fixed(Predicate<String> besides) {
        return state.fixed(besides);
    }

    /** Returns the elements of the tensors with some names. */
    public FlatRanges named(Predicate<String> names) {
        return state.named(names);
    }

    /** Returns the names of the state's tensors, in their order. */
    public List<String> names() {
        return state.names();
    }

    /**
     * Evaluates the model on the common test samples, with the same bits with and without workers.
     *
     * @param workers may be none; if model or samples cannot cross to their processes, that is logged and all is
     *     evaluated here
     * @throws org.blazefl4j.core.ShardFailedException if a worker failed
     * @throws org.blazefl4j.core.StoppedException if the trainer was stopped meanwhile
     */
    public Evaluation evaluate(Workers workers) {
        return evaluate(evaluated(), workers);
    }

    /**
     * Evaluates another state of the model likewise.
     *
     * @param parameters float32, shape [{@link #numel()}]
     */
    public Evaluation evaluate(Tensor parameters, Workers workers) {
        boolean loaded = parameters == evaluated();
        if (options.device().isCpu() && !parameters.is_cpu()) { // the native engine takes addresses
            try (Tensor here = loaded ? state.flatten() : Tensors.onCpu(parameters)) {
                return evaluate(here, loaded, workers);
            }
        }
        return evaluate(parameters, loaded, workers);
    }

    private Evaluation evaluate(Tensor parameters, boolean loaded, Workers workers) {
        var task = new EvaluationTask(
                selected,
                parameters,
                dataset.getDataset(PartitionType.TEST),
                options.batchSize(),
                options.device(),
                options.intraOpThreads());
        Supplier<Evaluation> here = () -> task.by(model, engines);
        return task.by(workers).orElseGet(() -> loaded ? here.get() : loaded(parameters, here));
    }

    private <T> T loaded(Tensor parameters, Supplier<T> use) {
        if (parameters == evaluated()) {
            return use.get();
        }
        try {
            state.load(parameters);
            return use.get();
        } finally {
            state.load(evaluated());
        }
    }

    /** Copies the state that {@link #evaluate} evaluates, by PyTorch's names. The caller closes it. */
    public StateDict stateDict() {
        return stateDict(evaluated());
    }

    /**
     * Copies another state of the model likewise.
     *
     * @param parameters float32, shape [{@link #numel()}]
     */
    public StateDict stateDict(Tensor parameters) {
        return loaded(parameters, () -> StateDict.of(model));
    }

    /** Returns whether the state holds neither NaN nor infinities. */
    public boolean isFinite() {
        return Tensors.isFinite(current());
    }

    /** Returns the SHA-256 of the state, as 64 hexadecimal digits. */
    public String sha256() {
        return Tensors.sha256(current());
    }

    /** Writes the state as the entry {@code parameters}, and {@code evaluated} if that is another one. */
    @Override
    public void save(CheckpointWriter out) {
        try (Tensor here = Tensors.onCpu(current())) {
            out.put(PARAMETERS, here);
        }
        if (evaluated != null) {
            out.put(EVALUATED, evaluated);
        }
    }

    @Override
    public void restore(CheckpointReader in) {
        if (in.names().contains(EVALUATED)) {
            restore(in, EVALUATED);
            evaluateNext();
        } else if (evaluated != null) {
            evaluated.close();
            evaluated = null;
        }
        restore(in, PARAMETERS);
        advance();
    }

    private void restore(CheckpointReader in, String entry) {
        Tensor next = next();
        try (Tensor saved = in.get(entry, Tensor.class)) {
            Arguments.require(
                    Arrays.equals(saved.shape(), next.shape()) && Tensors.type(saved) == Tensors.type(next),
                    "parameters of another model: shape="
                            + Arrays.toString(saved.shape())
                            + ", dtype=" + Tensors.type(saved) + ", expected=" + Arrays.toString(next.shape())
                            + ", "
                            + Tensors.type(next) + "; resume with the model that was saved");
            next.copy_(saved);
        }
    }

    @Override
    public void close() {
        engines.close();
        vector.close();
        state.close();
        model.close();
        if (evaluated != null) {
            evaluated.close();
        }
    }
}

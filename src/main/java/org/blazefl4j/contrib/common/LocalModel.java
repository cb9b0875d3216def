package org.blazefl4j.contrib.common;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.blazefl4j.contrib.common.EvaluationTask.BatchScore;
import org.blazefl4j.contrib.common.LocalSteps.Changes;
import org.blazefl4j.contrib.support.TrainingLoop;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.cuda.StepGraphs;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.DataLoader.Epoch;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.step.ModelEngine;
import org.blazefl4j.step.StepEngine;
import org.blazefl4j.step.StepSamples;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.FlatRanges;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A worker's model, trained by one client after another. Each client overwrites the whole state with the one that it
 * starts from, so nothing of the client before is left.
 *
 * <p>Steps write to the client's result, so the trained weights need no copy: by the native engine without the model,
 * else with the model's parameters as views of the result.
 */
public final class LocalModel implements AutoCloseable {

    private final Model model;
    private final FlatParameters state;
    private final LocalOptimizer optimizer;
    private final ModelEngine engines;
    private final Device device;
    /** Captures steps on a device; null on the CPU, or if it may not. */
    private final @Nullable StepGraphs graphs;

    private LocalModel(SelectedModel<?> selected, Device device) {
        this.model = selected.make(device);
        this.state = FlatParameters.of(model);
        this.optimizer = new LocalOptimizer(state);
        this.engines = new ModelEngine(model);
        this.device = device;
        this.graphs = device.isCpu() ? null : StepGraphs.of(model.getClass().getSimpleName(), state, device.toString());
    }

    /** Returns the worker's model on the client's device, made at the first call in a worker. The context owns it. */
    public static LocalModel of(SelectedModel<?> selected, WorkerContext context) {
        return of(selected, context.device(), context);
    }

    private static LocalModel of(SelectedModel<?> selected, Device device, WorkerContext context) {
        return context.get("last local model", Last::new).of(selected, device, context);
    }

    /** The model that a worker has used last: to make the key of each client's takes longer than to compare. */
    private static final class Last {

        private @Nullable SelectedModel<?> selected;
        private Device device = Device.CPU;
        private @Nullable LocalModel model;

        LocalModel of(SelectedModel<?> wanted, Device target, WorkerContext context) {
            LocalModel last = model;
            if (last != null && target.equals(device) && wanted.equals(selected)) {
                return last;
            }
            LocalModel found = context.get("local model " + wanted.key(target), () -> new LocalModel(wanted, target));
            selected = wanted;
            device = target;
            model = found;
            return found;
        }
    }

    /** Scores one batch of an evaluation by the worker's model: the one that clients train, if it is the same. */
    static BatchScore score(int batch, EvaluationTask task, WorkerContext context) {
        LocalModel local = of(task.model(), task.device(context), context);
        return local.loaded(task.parameters(), scorer -> task.score(batch, scorer));
    }

    /**
     * Evaluates a state on some of the client's own samples, in batches of {@link Evaluation#BATCH_SIZE}, for
     * {@link org.blazefl4j.core.ClientTrainer#evaluate}. Random transforms of training samples draw from the start of
     * the client's stream {@code loss-augment} at each call, so that states are compared on the same samples.
     *
     * @param type which samples
     * @param parameters the state: the received one, or one that the client keeps, float32, shape [numel], on the CPU;
     *     unchanged afterwards
     * @throws IllegalArgumentException if the client has no such samples, or the state has another shape
     */
    public static Evaluation evaluate(
            ClientConfig config, PartitionType type, Tensor parameters, WorkerContext context) {
        LocalModel local = of(config.model(), context);
        local.checkLength(parameters);
        return inOrder(
                config, type, context, loader -> local.loaded(parameters, scorer -> Evaluation.of(scorer, loader)));
    }

    private static <T> T inOrder(
            ClientConfig config, PartitionType type, WorkerContext context, Function<DataLoader, T> use) {
        DataLoader loader = new DataLoader(config.samples(type), Evaluation.BATCH_SIZE);
        if (type != PartitionType.TRAIN) {
            return use.apply(loader);
        }
        Generator transforms = context.generator("loss-augment");
        try (Tensor start = transforms.get_state()) {
            try {
                return use.apply(loader.augmentWith(transforms));
            } finally {
                transforms.set_state(start);
            }
        }
    }

    /**
     * Writes the gradient of the mean cross-entropy of a client's training samples, the loss of {@link #evaluate} on
     * the same transformed samples: in evaluation mode, so without dropout and by BatchNorm's running statistics,
     * whatever the batches. Batches of {@link Evaluation#BATCH_SIZE} are summed in order, in FP64. No random stream
     * moves.
     *
     * @param at where: a state, float32, shape [numel], on the CPU; unchanged afterwards
     * @param out receives the gradient, of this shape, zero at buffers and frozen parameters
     * @throws IllegalArgumentException if {@code at} has another shape
     * @throws org.blazefl4j.core.StoppedException if the client's stop event was set
     */
    public void gradient(ClientConfig config, Tensor at, Tensor out, WorkerContext context) {
        checkLength(at);
        bindOnce();
        inOrder(
                config,
                PartitionType.TRAIN,
                context,
                loader -> loaded(at, scorer -> gradient(loader, out, context.stopEvent())));
    }

    private Tensor gradient(DataLoader samples, Tensor out, StopEvent stop) {
        boolean training = model.is_training();
        model.eval();
        try (PointerScope scope = new PointerScope();
                Epoch epoch = samples.iterator()) {
            Tensor sum = state.vector().toType(ScalarType.Double).zero_();
            while (epoch.hasNext()) {
                stop.throwIfSet();
                addGradient(epoch, sum);
            }
            return out.copy_(sum.div_(new Scalar((double) samples.dataset().size())));
        } finally {
            state.dropGradients();
            model.train(training);
        }
    }

    private void addGradient(Epoch epoch, Tensor sum) {
        try (PointerScope scope = new PointerScope();
                Batch batch = device.next(epoch)) {
            state.zeroGradients();
            Optional<StepEngine> engine = engines.on(batch);
            if (engine.isPresent()) {
                engine.get().gradient(state.vector(), StepSamples.of(batch), false, state.gradients());
            } else {
                TrainingLoop.Loss.CROSS_ENTROPY.of(model, batch).backward();
            }
            sum.add_(state.gradients(), new Scalar((double) batch.x().size(0)));
        }
    }

    /** Uses the model with a state. Memory that a bound model needs for it is freed afterwards. */
    private <T> T loaded(Tensor parameters, Function<Scorer, T> use) {
        if (isElsewhere(parameters)) {
            try (Tensor here = Tensors.onCpu(parameters)) {
                return loaded(here, use);
            }
        }
        Scorer scorer = new Scorer(model, engines, device, parameters);
        if (!state.isBound() || !device.isCpu()) {
            state.load(parameters);
            return use.apply(scorer);
        }
        try (Tensor memory = torch.empty(state.numel())) {
            state.borrow(memory);
            try {
                state.load(parameters);
                return use.apply(scorer);
            } finally {
                state.giveBack();
            }
        }
    }

    /**
     * Trains one client on the cross-entropy of its samples, in shuffled batches, as {@link ClientConfig#options()}
     * say. Draws from the client's streams {@code shuffle} for the order of samples, {@code augment} for random
     * transforms, {@code dropout} for the model and {@code straggler} for the amount of work. Moments that the options
     * keep are all of the client's state.
     *
     * @param start the state to start from, float32, shape [numel]; unchanged afterwards
     * @param result receives the client's state, float32, contiguous, on the CPU or the model's device, shape [numel];
     *     nothing refers to it after the return
     * @return the number of steps
     * @throws IllegalArgumentException if {@code start} has another shape
     * @throws org.blazefl4j.core.StoppedException if the client's stop event was set
     */
    public long train(ClientConfig config, Tensor start, Tensor result, WorkerContext context) {
        return train(config, start, LocalVariant.PLAIN, result, context);
    }

    /** Trains as {@link #train(ClientConfig, Tensor, Tensor, WorkerContext)}, but for what the variant changes. */
    public long train(ClientConfig config, Tensor start, LocalVariant variant, Tensor result, WorkerContext context) {
        checkLength(start);
        if (isElsewhere(start)) {
            try (Tensor here = Tensors.onCpu(start)) {
                return train(config, here, variant, result, context);
            }
        }
        bindOnce();
        Training training = new Training(config, start, variant, Changes.of(variant), context);
        Optional<Dataset.Rows> rows = training.changes.areTermsAlone() && device.isCpu()
                ? config.dataset().inPlace()
                : Optional.empty();
        Optional<StepEngine> engine = rows.flatMap(engines::on);
        if (engine.isPresent()) {
            return descend(training, engine.get(), rows.orElseThrow(), result);
        }
        if (!device.isCpu()) {
            long steps = descend(training);
            state.flatten(result);
            return steps;
        }
        state.borrow(result);
        try {
            long steps = descend(training);
            state.writeBuffers();
            return steps;
        } finally {
            state.giveBack();
        }
    }

    /** Returns whether a vector cannot be read here, where the native engine takes addresses. */
    private boolean isElsewhere(Tensor vector) {
        return device.isCpu() && !vector.is_cpu();
    }

    /** Trains by the native engine alone, which the model itself takes no part in. */
    private long descend(Training training, StepEngine engine, Dataset.Rows rows, Tensor result) {
        checkResult(result);
        try (PointerScope scope = new PointerScope()) {
            long seed = engine.seed(() -> training.stream("dropout"));
            Tensor from = training.start.contiguous();
            RowSteps taken = new RowSteps(engine, rows, optimizer, training.changes.terms(), seed, from, result);
            long steps = run(training, null, taken);
            if (steps == 0) {
                result.copy_(from);
            }
            return steps;
        }
    }

    /** Trains the bound model. */
    private long descend(Training training) {
        boolean isPlain = training.config.dataset().inPlace().isPresent();
        Generator augment = isPlain ? null : training.stream("augment").generator();
        state.load(training.start);
        state.dropGradients();
        try {
            model.train(true);
            Supplier<RandomStream> dropout = () -> training.stream("dropout");
            LocalSteps taken = new LocalSteps(
                    model, device, state, optimizer, engines, graphs, training.changes, training.start, dropout);
            return run(training, augment, taken);
        } finally {
            model.setGenerator(null);
            state.dropGradients();
        }
    }

    private long run(Training training, @Nullable Generator augment, TrainingLoop.Steps taken) {
        WorkerContext context = training.context;
        LocalVariant variant = training.variant;
        LocalOptions options = training.config.options().drawnBy(() -> training.stream("straggler"));
        DataLoader loader = options.loader(training.config.dataset(), training.stream("shuffle"), augment);
        optimizer.begin(options, variant, context);
        long steps = options.steps() > 0
                ? TrainingLoop.runSteps(loader, options.steps(), taken, context.stopEvent())
                : TrainingLoop.run(loader, options.epochs(), taken, context.stopEvent());
        optimizer.end(options, variant, context);
        return steps;
    }

    /** One training of one client. Streams take time, so those that nothing draws from are not made. */
    private record Training(
            ClientConfig config, Tensor start, LocalVariant variant, Changes changes, WorkerContext context) {

        RandomStream stream(String purpose) {
            return variant.stream(purpose, context);
        }
    }

    /** Binds at the first training only: a model that cannot be bound can still be evaluated. */
    private void bindOnce() {
        if (!state.isBound()) {
            state.bindUndefined();
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

    private void checkResult(Tensor result) {
        boolean fits = Tensors.type(result) == ScalarType.Float
                && result.dim() == 1
                && result.numel() == state.numel()
                && result.is_contiguous();
        Arguments.require(
                fits,
                () -> "result of the wrong shape: result=" + Tensors.describe(result) + ", expected=float ["
                        + state.numel() + "], contiguous; give a vector as long as the model's state");
    }

    /** Returns the elements of the state that no step changes: buffers and frozen parameters. */
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

    /** Returns the model; owned by this object. */
    public Model model() {
        return model;
    }

    /** Frees all, the graphs first, since they use the memory of the others. */
    @Override
    public void close() {
        try (model;
                state;
                optimizer;
                engines;
                StepGraphs first = graphs) {}
    }
}

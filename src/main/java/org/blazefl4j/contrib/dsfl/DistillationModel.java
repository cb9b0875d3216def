package org.blazefl4j.contrib.dsfl;

import java.util.Objects;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.support.TrainingLoop;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.DataLoader.Epoch;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A model that learns from soft labels and labels, and predicts class probabilities: the server's, or a worker's, which
 * serves one client after another. Each client begins with {@link #load} or {@link #reset}, which leave nothing of the
 * client before. Used by one thread at a time.
 */
final class DistillationModel implements AutoCloseable {

    /** {@code at::Reduction::Sum}. */
    private static final long SUM = 2;

    private final Device device;
    private final Model model;
    private final FlatParameters state;
    private final TrainingLoop descent;
    private final Optimizer training;
    private final Optimizer distillation;
    private final Tensor initial;
    private final Tensor flat;

    /** Starts with the model's initial parameters. */
    DistillationModel(SelectedModel<?> selected, Device device) {
        this.device = device;
        this.model = byLibTorch(selected.make(device));
        this.state = FlatParameters.of(model);
        this.descent = new TrainingLoop(model, device, state::zeroGradients);
        this.training = new Optimizer(state);
        this.distillation = new Optimizer(state);
        this.initial = state.flatten().retainReference();
        this.flat = state.flatten().retainReference();
        state.bind(flat);
    }

    /** Has LibTorch compute all that is done with a model, because it computes the losses of soft labels. */
    private static Model byLibTorch(Model model) {
        Numerics numerics = model.numerics();
        if (numerics.engine() == Engine.NATIVE) {
            model.close();
            throw new IllegalArgumentException("native engine cannot compute DS-FL's losses: engine=native, model="
                    + model.getClass().getSimpleName() + "; choose auto or libtorch");
        }
        model.setNumerics(numerics.withEngine(Engine.LIBTORCH));
        return model;
    }

    /** Returns the worker's object for a model on the client's device, made at the first call in a worker. */
    static DistillationModel of(SelectedModel<?> selected, WorkerContext context) {
        Device device = context.device();
        return context.get("dsfl learner " + selected.key(device), () -> new DistillationModel(selected, device));
    }

    /** Returns the model; owned by this object. */
    Model model() {
        return model;
    }

    /** Restores the initial parameters and forgets all velocities. */
    void reset() {
        state.load(initial);
        training.load(null);
        distillation.load(null);
    }

    /** Continues from a copy of a state; refuses that of another model, and changes nothing then. */
    void load(DistillationModelState saved) {
        requireFits(saved);
        state.load(saved.parameters());
        training.load(saved.training());
        distillation.load(saved.distillation());
    }

    /** Refuses the state of another model. */
    void requireFits(DistillationModelState saved) {
        saved.requireNumel(state.numel());
    }

    /** Returns the state on the CPU: this object's own tensors, valid until it is used again, or copies. */
    DistillationModelState state() {
        return new DistillationModelState(onCpu(flat), velocity(training), velocity(distillation));
    }

    /** Copies the model's state to {@code out}. */
    void copyTo(Tensor out) {
        out.copy_(flat);
    }

    private @Nullable Tensor velocity(Optimizer optimizer) {
        Tensor velocity = optimizer.velocity();
        return velocity == null ? null : onCpu(velocity);
    }

    private Tensor onCpu(Tensor tensor) {
        return device.isCpu() ? tensor : tensor.cpu();
    }

    /** Trains on the cross-entropy of labelled samples. */
    void train(Dataset samples, SgdOptions options, double momentum, TrainingContext around) {
        descend(samples, options, TrainingLoop.Loss.CROSS_ENTROPY, () -> training.step(options.lr(), momentum), around);
    }

    /** Trains on the Kullback-Leibler divergence from soft labels. */
    void distil(OpenSamples samples, SgdOptions options, double momentum, TrainingContext around) {
        descend(
                samples,
                options,
                DistillationModel::divergence,
                () -> distillation.step(options.lr(), momentum),
                around);
    }

    /** Returns the Kullback-Leibler divergence, summed over classes, as the mean over samples. */
    private static Tensor divergence(Model model, Batch batch) {
        Tensor softLabels = Objects.requireNonNull(batch.y(), "soft labels");
        Tensor sum = torch.kl_div(model.output(batch.x()).log_softmax(1), softLabels, SUM, false);
        return sum.div(new Scalar((double) softLabels.size(0)));
    }

    private void descend(
            Dataset samples, SgdOptions options, TrainingLoop.Loss loss, Runnable step, TrainingContext around) {
        DataLoader loader =
                options.loader(samples, RandomStream.of(around.stream("shuffle")), around.stream("augment"));
        model.train(true);
        model.setGenerator(around.stream("dropout"));
        try {
            descent.run(loader, options.epochs(), loss, step, around.stop());
            state.writeBuffers();
        } finally {
            model.setGenerator(null);
        }
    }

    /** Writes the class probabilities of samples to {@code out}, float32, shape [k, classes], in their order. */
    void predict(OpenSamples samples, int batchSize, TrainingContext around, Tensor out) {
        DataLoader loader = new DataLoader(samples, batchSize, false, around.stream("augment"));
        model.eval();
        try (NoGradGuard guard = new NoGradGuard();
                Epoch epoch = loader.iterator()) {
            for (long row = 0; epoch.hasNext(); row += batchSize) {
                around.stop().throwIfSet();
                try (PointerScope scope = new PointerScope();
                        Batch batch = device.next(epoch)) {
                    Tensor labels = model.output(batch.x()).softmax(1);
                    out.narrow(0, row, labels.size(0)).copy_(labels);
                }
            }
        }
    }

    /** Evaluates the model on labelled samples. */
    Evaluation evaluate(Dataset samples) {
        return Evaluation.of(model, new DataLoader(samples, Evaluation.BATCH_SIZE), device);
    }

    /**
     * Returns the number of the model's outputs for the first of some samples.
     *
     * @throws IllegalArgumentException if the output is not one row of numbers per sample
     */
    long classes(Dataset samples, TrainingContext around) {
        model.eval();
        try (NoGradGuard guard = new NoGradGuard();
                PointerScope scope = new PointerScope();
                Batch batch = device.move(samples.select(Tensors.of(new long[1]), around.stream("augment")))) {
            long[] shape = model.output(batch.x()).shape();
            if (shape.length != 2) {
                throw new IllegalArgumentException("model does not classify: dimensions=" + shape.length
                        + ", expected=2, [n, classes]; give a model with one output per class");
            }
            return shape[1];
        }
    }

    @Override
    public void close() {
        training.close();
        distillation.close();
        state.close();
        model.close();
        initial.close();
        flat.close();
    }
}

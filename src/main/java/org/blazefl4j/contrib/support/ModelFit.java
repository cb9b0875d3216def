package org.blazefl4j.contrib.support;

import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.blazefl4j.core.Device;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader.LastBatch;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.FilteredDataset;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.step.EngineChoice;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Causes;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Checks, before anything starts, that a model can be trained or evaluated on given samples: it runs the model on one
 * or two of them, without gradients. No random stream of an experiment moves.
 */
public final class ModelFit {

    private static final int NAMED = 5;

    /** The label that LibTorch's cross-entropy ignores. */
    private static final long IGNORED = -100;

    private ModelFit() {}

    /**
     * Requires that clients can train a model in the batches that their samples make.
     *
     * @param model on the CPU; its buffers change as in a step
     * @param cids the clients that train it, at least one, each with at least one sample
     * @throws IllegalArgumentException if the model does not fit the samples, cannot be trained on a batch of one
     *     sample that a client has, labels are not classes of the model, or it is to be computed by an engine that does
     *     not cover it
     */
    public static void requireTrainable(
            Model model, int[] cids, IntFunction<Dataset> samples, int batchSize, LastBatch lastBatch) {
        Dataset first = samples.apply(cids[0]);
        int[] alone = Arrays.stream(cids)
                .filter(cid -> smallestBatch(samples.apply(cid).size(), batchSize, lastBatch) == 1)
                .toArray();
        Trial one = alone.length == 0 ? null : Trial.training(model, first, 1);
        Trial trial = one != null && one.works() ? one : Trial.training(model, first, 2);
        trial.require("cid=" + cids[0]);
        EngineChoice engine = EngineChoice.of(model, trial.sample, true);
        if (one != null && !one.works()) {
            throw batchOfOne("batch_size", batchSize, lastBatch, clients(alone, samples), one.failure);
        }
        for (int cid : cids) {
            requireLabels("cid=" + cid, samples.apply(cid), trial.classes, engine);
        }
    }

    /**
     * Requires that a model can distil samples of a data set in the batches that they make.
     *
     * @param fresh makes the model on the CPU
     * @param dataset its targets are ignored
     * @param count the number of samples
     * @throws IllegalArgumentException if a batch has one sample and the model cannot be trained on one
     */
    public static void requireDistillable(
            Supplier<Model> fresh, Dataset dataset, long count, int batchSize, LastBatch lastBatch) {
        if (smallestBatch(count, batchSize, lastBatch) > 1) {
            return;
        }
        try (Model model = fresh.get()) {
            Trial one = Trial.training(model, dataset, 1);
            if (!one.works()) {
                throw batchOfOne("distillation_batch_size", batchSize, lastBatch, "" + count, one.failure);
            }
        }
    }

    /** Returns the size of the smallest batch that so many samples make. */
    static long smallestBatch(long samples, int batchSize, LastBatch lastBatch) {
        if (samples <= batchSize) {
            return samples;
        }
        long rest = samples % batchSize;
        return lastBatch == LastBatch.KEEP && rest > 0 ? rest : batchSize;
    }

    private static String clients(int[] cids, IntFunction<Dataset> samples) {
        String first = Arrays.stream(cids)
                .limit(NAMED)
                .mapToObj(cid -> "client " + cid + " with " + samples.apply(cid).size())
                .collect(Collectors.joining(", "));
        return cids.length > NAMED ? first + " and " + (cids.length - NAMED) + " more" : first;
    }

    private static IllegalArgumentException batchOfOne(
            String name, int batchSize, LastBatch lastBatch, String samples, String failure) {
        return new IllegalArgumentException("batch of one sample: " + name + "=" + batchSize + ", last_batch="
                + lastBatch + ", samples=" + samples
                + ", limit=2 or more in each batch, because the model cannot be trained on one (" + failure
                + "); drop or merge the last batch, choose another batch size, or leave out clients with one sample");
    }

    /**
     * Requires that a model, which is on the device and stays unchanged, can be evaluated on a labelled data set.
     *
     * @throws IllegalArgumentException if the model does not fit the samples, labels are not classes of the model, or
     *     it is to be computed by an engine that does not cover it
     */
    public static void requireEvaluable(Model model, Dataset dataset, Device device) {
        try (EvaluationMode mode = new EvaluationMode(model)) {
            Trial trial = new Trial(model, dataset, 1, device);
            trial.require("test samples");
            EngineChoice engine = EngineChoice.of(model, trial.sample, device.isCpu());
            requireLabels("test samples", dataset, trial.classes, engine);
        }
    }

    /**
     * Checks one label per sample. Accepts other targets, targets with a transform and other data sets unchecked.
     *
     * @param whose for messages
     * @param classes the number of the model's outputs; 0 if it does not have one per class
     * @param engine LibTorch's ignores samples with the label -100
     */
    private static void requireLabels(String whose, Dataset dataset, long classes, EngineChoice engine) {
        try (PointerScope scope = new PointerScope()) {
            Dataset whole = dataset;
            Tensor indices = null;
            while (whole instanceof FilteredDataset part) {
                indices = indices == null ? part.indices() : part.indices().index_select(0, indices);
                whole = part.whole();
            }
            if (whole instanceof TensorDataset tensors) {
                requireLabels(whose, tensors, indices, classes, engine);
            }
        }
    }

    private static void requireLabels(
            String whose, TensorDataset whole, @Nullable Tensor indices, long classes, EngineChoice engine) {
        if (whole.targetTransform() != null) {
            return;
        }
        Tensor targets = whole.targets();
        if (targets == null) {
            throw new IllegalArgumentException(
                    "samples without labels: " + whose + ", targets=none, expected=one label per sample");
        }
        if (classes == 0 || targets.dim() != 1 || targets.is_floating_point()) {
            return;
        }
        ScalarType type = Tensors.type(targets);
        if (type != ScalarType.Long && type != ScalarType.Byte) {
            throw new IllegalArgumentException("labels of the wrong dtype: " + whose + ", dtype=" + type
                    + ", expected=Long or Byte; convert them to int64");
        }
        Tensor own = (indices == null ? targets : targets.index_select(0, indices)).toType(ScalarType.Long);
        Tensor negative = own.lt(new Scalar(0L));
        boolean ignores = engine.engine() == Engine.LIBTORCH;
        Tensor below = ignores ? negative.logical_and(own.ne(new Scalar(IGNORED))) : negative;
        Tensor wrong = own.masked_select(own.ge(new Scalar(classes)).logical_or(below));
        if (wrong.numel() > 0) {
            throw new IllegalArgumentException("label out of range: " + whose + ", label="
                    + wrong.select(0, 0).item_long() + ", limit=0 to " + (classes - 1)
                    + "; give a model with an output for each class, or leave such samples out"
                    + (ignores ? "" : " (the engine libtorch ignores those with label -100)"));
        }
    }

    /** A model's output for a batch of the first sample of a data set, repeated. */
    private static final class Trial {

        /** Why it fails; empty if it works. */
        private String failure = "";
        /** The shape of a sample; empty if reading it fails. */
        private long[] sample = {};
        /** The number of outputs per sample; 0 if they are not one per class. */
        private long classes;

        Trial(Model model, Dataset dataset, int count, Device device) {
            try (IntraOpThreads threads = IntraOpThreads.scope(1);
                    NoGradGuard guard = new NoGradGuard();
                    PointerScope scope = new PointerScope()) {
                var stream = torch.createCPUGenerator(0);
                model.setGenerator(stream);
                try (Batch batch = device.move(dataset.select(Tensors.of(new long[count]), stream))) {
                    sample = Arrays.stream(batch.x().shape()).skip(1).toArray();
                    Tensor output = model.output(batch.x());
                    classes = output.dim() == 2 ? output.size(1) : 0;
                } finally {
                    model.setGenerator(null);
                }
            } catch (RuntimeException e) {
                failure = Causes.describe(e).lines().findFirst().orElseThrow();
            }
        }

        /** Runs the model in training mode and leaves the default generator where it was. */
        static Trial training(Model model, Dataset dataset, int count) {
            return DefaultGenerator.seeded(0, () -> {
                model.train(true);
                return new Trial(model, dataset, count, Device.CPU);
            });
        }

        boolean works() {
            return failure.isEmpty();
        }

        void require(String whose) {
            if (!works()) {
                throw new IllegalArgumentException("model does not fit the samples: " + whose + ", found=" + failure
                        + "; give a model that takes samples of their shape and type");
            }
        }
    }
}

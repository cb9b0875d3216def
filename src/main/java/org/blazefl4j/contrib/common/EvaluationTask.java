package org.blazefl4j.contrib.common;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.Optional;
import org.blazefl4j.contrib.support.EvaluationMode;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.core.Workers;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.DataLoader.Epoch;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.model.Model;
import org.blazefl4j.step.ModelEngine;
import org.blazefl4j.torch.IntraOpThreads;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The evaluation of one state of a model, in batches that any worker can score. The batches do not depend on the number
 * of workers, and their scores are summed in order, so the bits are always those of an evaluation without workers.
 *
 * <p>Crosses into worker processes if model selector and samples do. Owns nothing.
 *
 * @param parameters the state, float32, shape [numel], on the CPU
 * @param samples labelled, on the CPU
 * @param device where it is evaluated; {@code cuda} is the worker's own CUDA device
 * @param intraOpThreads LibTorch's threads, on which the bits depend
 */
record EvaluationTask(
        SelectedModel<?> model, Tensor parameters, Dataset samples, int batchSize, Device device, int intraOpThreads) {

    private static final Logger LOGGER = System.getLogger(EvaluationTask.class.getName());

    /**
     * How well a model does on one batch, or on several together.
     *
     * @param loss the sum of the samples' cross-entropies, in FP64
     * @param squares the sum of their squares
     * @param hits the number of samples whose largest output is their class
     */
    record BatchScore(double loss, double squares, long hits, long samples) {

        static final BatchScore NONE = new BatchScore(0, 0, 0, 0);

        /** {@code at::Reduction::None}. */
        private static final long NO_REDUCTION = 0;

        private static final long NO_INDEX = -100;

        /** Scores a batch by LibTorch, without gradients; the model is in evaluation mode, on the batch's device. */
        static BatchScore of(Model model, Batch batch) {
            Tensor y = Objects.requireNonNull(batch.y(), "targets");
            Tensor output = model.output(batch.x());
            Tensor losses = torch.cross_entropy_loss(output, y, new TensorOptional(), NO_REDUCTION, NO_INDEX, 0);
            double loss = losses.sum(new ScalarTypeOptional(ScalarType.Double)).item_double();
            double squares = losses.toType(ScalarType.Double).square().sum().item_double();
            long hits = output.argmax(new LongOptional(1), false).eq(y).sum().item_long();
            return new BatchScore(loss, squares, hits, y.size(0));
        }

        BatchScore plus(BatchScore other) {
            return new BatchScore(
                    loss + other.loss, squares + other.squares, hits + other.hits, samples + other.samples);
        }

        Evaluation mean() {
            return new Evaluation(loss / samples, (double) hits / samples, samples, squares / samples);
        }
    }

    /** Evaluates by workers, a batch at a time. Returns nothing if there are none, or this cannot cross to them. */
    Optional<Evaluation> by(Workers workers) {
        int batches = Math.toIntExact(loader().batches());
        if (workers.count() == 0 || batches == 0) {
            return Optional.empty();
        }
        try {
            workers.share(samples);
            return workers.map("evaluation", this, batches, LocalModel::score).stream()
                    .reduce(BatchScore::plus)
                    .map(BatchScore::mean);
        } catch (IllegalArgumentException cannotCross) {
            LOGGER.log(
                    Level.WARNING,
                    "evaluation is not shared among workers, which takes longer: {0}",
                    cannotCross.getMessage());
            return Optional.empty();
        }
    }

    /** Scores one batch by a model that has this state, and leaves it in the mode that it had. */
    BatchScore score(int batch, Scorer scorer) {
        try (IntraOpThreads threads = IntraOpThreads.scope(intraOpThreads);
                EvaluationMode mode = new EvaluationMode(scorer.model());
                Epoch epoch = loader().from(batch)) {
            return scorer.score(scorer.device().next(epoch));
        }
    }

    /** Evaluates all batches by a model that has this state, on this task's device. */
    Evaluation by(Model evaluated, ModelEngine engines) {
        try (IntraOpThreads threads = IntraOpThreads.scope(intraOpThreads)) {
            return Evaluation.of(new Scorer(evaluated, engines, device, parameters), loader());
        }
    }

    /** Returns the device on which a worker evaluates. */
    Device device(WorkerContext context) {
        boolean any = !device.isCpu() && device.index() < 0;
        return any && !context.device().isCpu() ? context.device() : device;
    }

    private DataLoader loader() {
        return new DataLoader(samples, batchSize);
    }
}

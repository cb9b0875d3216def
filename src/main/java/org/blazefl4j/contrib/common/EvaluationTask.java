package org.blazefl4j.contrib.common;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.Optional;
import org.blazefl4j.contrib.support.EvaluationMode;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.core.ShardFunction;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.core.Workers;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.IntraOpThreads;
import org.bytedeco.javacpp.PointerScope;
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
 * @param model which model
 * @param parameters its state (parameters and buffers, in {@code state_dict} order), float32, shape [numel], on the CPU
 * @param samples labelled, on the CPU
 * @param batchSize the number of samples in each batch but the last
 * @param device where it is evaluated; {@code cuda} is the worker's own CUDA device
 * @param intraOpThreads LibTorch's threads, on which the bits depend
 */
public record EvaluationTask(
        SelectedModel<?> model, Tensor parameters, Dataset samples, int batchSize, Device device, int intraOpThreads) {

    private static final Logger LOGGER = System.getLogger(EvaluationTask.class.getName());

    /** Refuses null. */
    public EvaluationTask {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(parameters, "parameters");
        Objects.requireNonNull(samples, "samples");
        Objects.requireNonNull(device, "device");
    }

    /** The evaluation of a state as a server's options say. */
    public EvaluationTask(SelectedModel<?> model, Tensor parameters, Dataset samples, ServerOptions options) {
        this(model, parameters, samples, options.batchSize(), options.device(), options.intraOpThreads());
    }

    /**
     * How well a model does on one batch, or on several together.
     *
     * @param loss the sum of the samples' cross-entropies, in FP64
     * @param hits the number of samples whose largest output is their class
     * @param samples the number of samples
     */
    public record BatchScore(double loss, long hits, long samples) {

        static final BatchScore NONE = new BatchScore(0, 0, 0);

        /** {@code at::Reduction::None}. */
        private static final long NO_REDUCTION = 0;

        private static final long NO_INDEX = -100;

        /** Scores a batch by a model on the device in evaluation mode, without gradients; closes the batch. */
        static BatchScore of(Model model, Batch batch, Device device) {
            try (PointerScope scope = new PointerScope();
                    Batch moved = device.move(batch)) {
                Tensor y = Objects.requireNonNull(moved.y(), "targets");
                Tensor output = model.output(moved.x());
                Tensor losses = torch.cross_entropy_loss(output, y, new TensorOptional(), NO_REDUCTION, NO_INDEX, 0);
                double loss =
                        losses.sum(new ScalarTypeOptional(ScalarType.Double)).item_double();
                long hits =
                        output.argmax(new LongOptional(1), false).eq(y).sum().item_long();
                return new BatchScore(loss, hits, y.size(0));
            }
        }

        BatchScore plus(BatchScore other) {
            return new BatchScore(loss + other.loss, hits + other.hits, samples + other.samples);
        }
    }

    /**
     * Evaluates by workers, a batch at a time. Shares the samples with them at the first evaluation.
     *
     * @param workers may be none
     * @param scorer scores the batch of a shard by {@link #score}, with a model that the worker keeps
     * @return empty if there are no workers, or samples or model selector cannot cross to their processes, which is
     *     logged
     * @throws org.blazefl4j.core.ShardFailedException if a batch failed
     * @throws org.blazefl4j.core.StoppedException if the trainer was stopped meanwhile
     */
    public Optional<Evaluation> by(Workers workers, ShardFunction<EvaluationTask, BatchScore> scorer) {
        if (workers.count() == 0) {
            return Optional.empty();
        }
        try {
            workers.share(samples);
            int batches = Math.toIntExact(loader().batches());
            return Optional.of(Evaluation.of(workers.map("evaluation", this, batches, scorer).stream()
                    .reduce(BatchScore.NONE, BatchScore::plus)));
        } catch (IllegalArgumentException cannotCross) {
            LOGGER.log(
                    Level.WARNING,
                    "evaluation is not shared among workers, which takes longer: {0}",
                    cannotCross.getMessage());
            return Optional.empty();
        }
    }

    /**
     * Scores one batch. Leaves the model in the mode that it had.
     *
     * @param batch which one, from 0
     * @param evaluated has this task's parameters
     * @param there the model's device
     */
    public BatchScore score(int batch, Model evaluated, Device there) {
        try (IntraOpThreads threads = IntraOpThreads.scope(intraOpThreads);
                EvaluationMode mode = new EvaluationMode(evaluated)) {
            return BatchScore.of(evaluated, loader().batch(batch), there);
        }
    }

    /**
     * Evaluates all batches by one model.
     *
     * @param evaluated has this task's parameters and is on its device
     */
    public Evaluation by(Model evaluated) {
        try (IntraOpThreads threads = IntraOpThreads.scope(intraOpThreads)) {
            return Evaluation.of(evaluated, loader(), device);
        }
    }

    /** Returns the device on which a worker evaluates. */
    public Device device(WorkerContext context) {
        boolean any = !device.isCpu() && device.index() < 0;
        return any && !context.device().isCpu() ? context.device() : device;
    }

    private DataLoader loader() {
        return new DataLoader(samples, batchSize);
    }
}

package org.blazefl4j.contrib.common;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.Optional;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.ShardFunction;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.core.Workers;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.IntraOpThreads;
import org.bytedeco.pytorch.Tensor;

/**
 * The evaluation of one state of a model, in batches that any model of that kind can score, in any worker. Batches are
 * the same however many workers there are, and their scores are summed in their order: the same bits always, those of
 * an evaluation without workers included.
 *
 * <p>Crosses into worker processes if model selector and samples do. Owns nothing.
 *
 * @param model which model
 * @param parameters its state (parameters and buffers, in {@code state_dict} order), float32, shape [numel], on the CPU
 * @param samples labelled, on the CPU
 * @param batchSize the number of samples in each batch but the last
 * @param device where it is evaluated; {@code cuda} is the worker's own CUDA device
 * @param intraOpThreads LibTorch's threads, which the bits depend on
 */
public record EvaluationTask(
        SelectedModel<?> model, Tensor parameters, Dataset samples, int batchSize, Device device, int intraOpThreads) {

    private static final Logger LOGGER = System.getLogger(EvaluationTask.class.getName());

    /** Checks that all is there. */
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
     * Has workers evaluate, a batch at a time. The samples are put to where workers read them at the first evaluation.
     *
     * @param workers there may be none
     * @param scorer scores the batch of a shard by {@link #score}, with a model of the worker's
     * @return the evaluation; empty if workers cannot do it: there are none, or the samples or the model's selector
     *     cannot cross to their processes, which is logged
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
            return Optional.of(Evaluation.of(workers.map("evaluation", this, batches, scorer)));
        } catch (IllegalArgumentException cannotCross) {
            LOGGER.log(
                    Level.WARNING,
                    "evaluation is not shared among workers, which takes longer: {0}",
                    cannotCross.getMessage());
            return Optional.empty();
        }
    }

    /**
     * Scores one batch. The model is left in the mode that it had.
     *
     * @param batch which one, from 0
     * @param evaluated has this task's parameters
     * @param there the model's device
     */
    public BatchScore score(int batch, Model evaluated, Device there) {
        try (IntraOpThreads threads = IntraOpThreads.scope(intraOpThreads)) {
            return Evaluation.evaluating(evaluated, () -> BatchScore.of(evaluated, loader().batch(batch), there));
        }
    }

    /**
     * Evaluates all batches, one after another, by one model.
     *
     * @param evaluated has this task's parameters and is on its device
     */
    public Evaluation by(Model evaluated) {
        try (IntraOpThreads threads = IntraOpThreads.scope(intraOpThreads)) {
            return Evaluation.of(evaluated, loader(), device);
        }
    }

    /** Where a worker evaluates. */
    public Device device(WorkerContext context) {
        boolean any = !device.isCpu() && device.index() < 0;
        return any && !context.device().isCpu() ? context.device() : device;
    }

    private DataLoader loader() {
        return new DataLoader(samples, batchSize);
    }
}

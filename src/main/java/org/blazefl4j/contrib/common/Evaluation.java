package org.blazefl4j.contrib.common;

import java.util.Objects;
import org.blazefl4j.contrib.common.EvaluationTask.BatchScore;
import org.blazefl4j.contrib.support.EvaluationMode;
import org.blazefl4j.core.Device;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.DataLoader.Epoch;
import org.blazefl4j.model.Model;
import org.blazefl4j.step.ModelEngine;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * How well a model does on a set of samples.
 *
 * @param loss the mean cross-entropy over the samples
 * @param accuracy the share of samples whose largest output is their class, in [0, 1]
 * @param samples the number of samples
 * @param squaredLoss the mean of the squares of the samples' cross-entropies; NaN if it is not known
 */
public record Evaluation(double loss, double accuracy, long samples, double squaredLoss) {

    /** The default number of samples in a batch: the fastest on a CPU for small and for large models. */
    public static final int BATCH_SIZE = 250;

    /** Makes an evaluation whose squared losses are not known. */
    public Evaluation(double loss, double accuracy, long samples) {
        this(loss, accuracy, samples, Double.NaN);
    }

    /**
     * Evaluates a model in evaluation mode and leaves it in the mode that it had.
     *
     * @param model on {@code device}
     * @param loader reads the samples, on the CPU
     * @throws IllegalArgumentException if the loader has no samples
     */
    public static Evaluation of(Model model, DataLoader loader, Device device) {
        Objects.requireNonNull(device, "device");
        try (ModelEngine engines = new ModelEngine(model);
                PointerScope scope = new PointerScope()) {
            Tensor state = model.layers().isPresent() ? state(model) : new Tensor();
            return of(new Scorer(model, engines, device, state), loader);
        }
    }

    private static Tensor state(Model model) {
        try (FlatParameters state = FlatParameters.of(model)) {
            return state.flatten();
        }
    }

    /** Evaluates the model of a scorer likewise. */
    static Evaluation of(Scorer scorer, DataLoader loader) {
        Arguments.require(
                loader.batches() > 0,
                "nothing to evaluate on: samples=" + loader.dataset().size()
                        + ", batches=0, limit=1 or more; give a loader with samples");
        BatchScore sum = BatchScore.NONE;
        try (EvaluationMode mode = new EvaluationMode(scorer.model());
                Epoch epoch = loader.iterator()) {
            while (epoch.hasNext()) {
                sum = sum.plus(scorer.score(scorer.device().next(epoch)));
            }
        }
        return sum.mean();
    }
}

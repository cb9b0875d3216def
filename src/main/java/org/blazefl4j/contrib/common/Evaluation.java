package org.blazefl4j.contrib.common;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.blazefl4j.core.Device;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Epoch;
import org.blazefl4j.model.Model;
import org.bytedeco.pytorch.NoGradGuard;

/**
 * How well a model does on a set of samples.
 *
 * @param loss the mean cross-entropy over the samples
 * @param accuracy the share of samples whose largest output is their class, in [0, 1]
 * @param samples the number of samples
 */
public record Evaluation(double loss, double accuracy, long samples) {

    /** Samples in a batch unless said otherwise: the quickest on a CPU for small and for large models. */
    public static final int BATCH_SIZE = 250;

    /**
     * Evaluates a model in evaluation mode and leaves it in the mode that it had.
     *
     * @param model on {@code device}
     * @param loader reads the samples, on the CPU
     * @param device where the model is
     * @throws IllegalArgumentException if the loader has no samples
     */
    public static Evaluation of(Model model, DataLoader loader, Device device) {
        Objects.requireNonNull(device, "device");
        if (loader.batches() == 0) {
            throw new IllegalArgumentException("nothing to evaluate on: samples="
                    + loader.dataset().size() + ", batches=0, limit=1 or more; give a loader with samples");
        }
        List<BatchScore> scores = new ArrayList<>();
        evaluating(model, () -> {
            try (Epoch epoch = loader.iterator()) {
                epoch.forEachRemaining(batch -> scores.add(BatchScore.of(model, batch, device)));
            }
            return scores;
        });
        return of(scores);
    }

    /**
     * These figures as a server's summary of a round.
     *
     * @param round the number of completed rounds
     * @param sha256 the hash of the model's state
     * @return {@code round}, {@code accuracy}, {@code loss} and {@code sha256}, in this order
     */
    public Map<String, Object> summary(int round, String sha256) {
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("round", round);
        summary.put("accuracy", accuracy);
        summary.put("loss", loss);
        summary.put("sha256", sha256);
        return summary;
    }

    /**
     * The evaluation of all samples from those of their batches, summed in the order given.
     *
     * @throws IllegalArgumentException if there are no samples
     */
    static Evaluation of(List<BatchScore> batches) {
        double loss = 0;
        long hits = 0;
        long samples = 0;
        for (BatchScore batch : batches) {
            loss += batch.loss();
            hits += batch.hits();
            samples += batch.samples();
        }
        if (samples == 0) {
            throw new IllegalArgumentException(
                    "nothing to evaluate on: samples=0, limit=1 or more; give a data set with samples");
        }
        return new Evaluation(loss / samples, (double) hits / samples, samples);
    }

    /** Does something with a model in evaluation mode, without gradients, and leaves it in the mode that it had. */
    static <T> T evaluating(Model model, Supplier<T> work) {
        boolean training = model.is_training();
        model.eval();
        try (NoGradGuard guard = new NoGradGuard()) {
            return work.get();
        } finally {
            model.train(training);
        }
    }
}

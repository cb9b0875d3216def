package org.blazefl4j.contrib.common;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.blazefl4j.core.Device;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Epoch;
import org.blazefl4j.model.Model;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How well a model does on a set of samples.
 *
 * @param loss the mean cross-entropy over the samples
 * @param accuracy the share of samples whose largest output is their class, in [0, 1]
 * @param samples the number of samples
 */
public record Evaluation(double loss, double accuracy, long samples) {

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
        boolean training = model.is_training();
        model.eval();
        try (NoGradGuard guard = new NoGradGuard();
                Epoch epoch = loader.iterator()) {
            return mean(model, epoch, device);
        } finally {
            model.train(training);
        }
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

    private static Evaluation mean(Model model, Epoch epoch, Device device) {
        double loss = 0;
        long correct = 0;
        long samples = 0;
        while (epoch.hasNext()) {
            try (PointerScope scope = new PointerScope();
                    Batch batch = Batches.move(epoch.next(), device)) {
                Tensor output = model.forward(batch.x());
                long n = batch.y().numel();
                loss += torch.cross_entropy(output, batch.y()).item_double() * n;
                correct += hits(output, batch.y());
                samples += n;
            }
        }
        return new Evaluation(loss / samples, (double) correct / samples, samples);
    }

    private static long hits(Tensor output, Tensor y) {
        return output.argmax(new LongOptional(1), false).eq(y).sum().item_long();
    }
}

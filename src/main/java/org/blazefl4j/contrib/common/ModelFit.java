package org.blazefl4j.contrib.common;

import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.blazefl4j.core.Device;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Causes;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Whether a model can be trained or evaluated on given samples, found out before anything starts: it is tried on one or
 * two of them, without gradients. No random stream of an experiment moves.
 */
public final class ModelFit {

    private static final int NAMED = 5;

    private ModelFit() {}

    /**
     * Makes sure that clients can train a model in the batches that their samples make.
     *
     * @param model on the CPU; a fresh one, for its buffers are as after a step afterwards
     * @param cids the clients that train it, at least one
     * @param samples a client's samples, at least one
     * @param options how they train
     * @throws IllegalArgumentException if the model does not fit the samples, a client has a batch of one sample that
     *     the model cannot be trained on, or labels are no classes of the model's
     */
    public static void requireTrainable(Model model, int[] cids, IntFunction<Dataset> samples, SgdOptions options) {
        Dataset first = samples.apply(cids[0]);
        int[] alone = Arrays.stream(cids)
                .filter(cid -> options.smallestBatch(samples.apply(cid).size()) == 1)
                .toArray();
        Trial small = alone.length == 0 ? null : Trial.training(model, first, 1);
        Trial trial = small != null && small.works() ? small : Trial.training(model, first, 2);
        trial.require("cid=" + cids[0]);
        if (small != null && !small.works()) {
            throw new IllegalArgumentException(
                    batchOfOne("batch_size", options, clients(alone, samples), small.failure));
        }
        for (int cid : cids) {
            Labels.require("cid=" + cid, samples.apply(cid), trial.classes);
        }
    }

    /**
     * Makes sure that a model can distil some samples of a data set, in the batches that they make.
     *
     * @param selected which model
     * @param dataset where the samples are from; targets are not looked at
     * @param count how many samples
     * @param options how it distils
     * @throws IllegalArgumentException if one of the batches has one sample, and the model cannot be trained on one
     */
    public static void requireDistillable(SelectedModel<?> selected, Dataset dataset, long count, SgdOptions options) {
        if (options.smallestBatch(count) > 1) {
            return;
        }
        try (Model fresh = selected.make(Device.CPU)) {
            Trial small = Trial.training(fresh, dataset, 1);
            if (!small.works()) {
                throw new IllegalArgumentException(
                        batchOfOne("distillation_batch_size", options, "" + count, small.failure));
            }
        }
    }

    private static String clients(int[] cids, IntFunction<Dataset> samples) {
        String first = Arrays.stream(cids)
                .limit(NAMED)
                .mapToObj(cid -> "client " + cid + " with " + samples.apply(cid).size())
                .collect(Collectors.joining(", "));
        return cids.length > NAMED ? first + " and " + (cids.length - NAMED) + " more" : first;
    }

    private static String batchOfOne(String name, SgdOptions options, String samples, String failure) {
        return "batch of one sample: " + name + "=" + options.batchSize() + ", last_batch=" + options.lastBatch()
                + ", samples=" + samples + ", limit=2 or more in each batch, for the model cannot be trained on one ("
                + failure + "); drop or merge the last batch, choose another batch size, or leave out clients with one"
                + " sample";
    }

    /**
     * Makes sure that a model can be evaluated on a data set.
     *
     * @param model on {@code device}; unchanged afterwards
     * @param dataset labelled, at least one sample
     * @param device where the model is
     * @throws IllegalArgumentException if the model does not fit the samples, or labels are no classes of the model's
     */
    public static void requireEvaluable(Model model, Dataset dataset, Device device) {
        Trial trial = Evaluation.evaluating(model, () -> new Trial(model, dataset, 1, device));
        trial.require("test samples");
        Labels.require("test samples", dataset, trial.classes);
    }

    /** A model's output for the first sample of a data set, as often as asked for. */
    private static final class Trial {

        private String failure;
        /** The number of outputs per sample; 0 if they are not one per class. */
        private long classes;

        Trial(Model model, Dataset dataset, int count, Device device) {
            try (IntraOpThreads threads = IntraOpThreads.scope(1);
                    NoGradGuard guard = new NoGradGuard();
                    PointerScope scope = new PointerScope()) {
                var stream = torch.createCPUGenerator(0);
                model.setGenerator(stream);
                try (Batch batch = Batches.move(dataset.select(Tensors.of(new long[count]), stream), device)) {
                    Tensor output = model.output(batch.x());
                    classes = output.dim() > 1 ? output.size(1) : 0;
                } finally {
                    model.setGenerator(null);
                }
            } catch (RuntimeException e) {
                failure = Causes.describe(e).lines().findFirst().orElseThrow();
            }
        }

        /** In training mode; the default generator is where it was. */
        static Trial training(Model model, Dataset dataset, int count) {
            return DefaultGenerator.seeded(0, () -> {
                model.train(true);
                return new Trial(model, dataset, count, Device.CPU);
            });
        }

        boolean works() {
            return failure == null;
        }

        void require(String whose) {
            if (!works()) {
                throw new IllegalArgumentException("model does not fit the samples: " + whose + ", found=" + failure
                        + "; give a model that takes samples of their shape and type");
            }
        }
    }
}

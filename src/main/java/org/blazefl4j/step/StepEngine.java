package org.blazefl4j.step;

import java.util.Arrays;
import java.util.LongSummaryStatistics;
import java.util.function.Supplier;
import org.blazefl4j.binding.Native;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.torch.FlatRanges;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Computes one net in native code, for samples of one shape: training steps, gradients and scores. Weights, gradients
 * and outputs have the same bits on all processors; losses depend on the C library's exponential and logarithm. Weights
 * are vectors as those of {@link org.blazefl4j.torch.FlatParameters}, float32, contiguous, on the CPU. The samples'
 * rows and labels are checked before anything is written.
 *
 * <p>Owns native memory, which {@link ModelEngine} frees. Used by one thread at a time.
 */
public final class StepEngine implements AutoCloseable {

    /** {@code -ERANGE}. */
    private static final int OUT_OF_RANGE = -34;

    private final StepPlan plan;
    private final FlatRanges fixed;
    private long net;

    /**
     * Makes a net.
     *
     * @param fixed the elements that no step changes
     * @param lanes the longest vectors to use, 16, 8 or 4 floats; 0 for the processor's
     */
    StepEngine(StepPlan plan, FlatRanges fixed, int lanes) {
        this.plan = plan;
        this.fixed = fixed;
        this.net = plan.make(lanes);
        if (net < 0) {
            throw new IllegalStateException(
                    "native net: layers=" + Arrays.toString(plan.layers()) + ", found=" + text(net));
        }
    }

    /** Draws the seed of a training's dropout, if the net has dropout; otherwise does not ask for the stream. */
    public long seed(Supplier<RandomStream> stream) {
        return plan.drops() ? stream.get().nextLong() : 0;
    }

    /**
     * Takes steps on the mean cross-entropy of batches.
     *
     * @param from the weights to start at, which stay as they are
     * @param weights receives the trained weights; may be {@code from} itself, but not a part of it
     * @param lengths the number of samples of each step, which takes the next ones
     * @param rates each step's learning rate
     */
    public void train(
            Tensor from, Tensor weights, StepSamples samples, long[] lengths, double[] rates, Descent descent) {
        for (double rate : rates) {
            Arguments.require(
                    rate >= 0 && rate < Double.POSITIVE_INFINITY,
                    () -> "learning rate out of range: rate=" + rate + ", limit=0 or more and finite");
        }
        long[] frozen = descent.frozen().isEmpty()
                ? fixed.bounds()
                : fixed.and(descent.frozen()).bounds();
        int result = Native.netTrain(
                net,
                vector(from),
                vector(weights),
                numbers(samples),
                samples.order(),
                lengths,
                rates,
                lengths.length,
                descent.rules(),
                descent.state(this::vector),
                frozen,
                frozen.length / 2);
        check(result, samples);
    }

    /**
     * Adds the gradient of the mean cross-entropy of all samples; buffers and frozen parameters then have zeros.
     *
     * @param training whether with dropout
     */
    public void gradient(Tensor weights, StepSamples samples, boolean training, Tensor gradient) {
        check(
                Native.netGradient(
                        net, vector(weights), vector(gradient), numbers(samples), samples.order(), training ? 1 : 0),
                samples);
        fixed.zero(gradient);
    }

    /**
     * Scores samples without dropout.
     *
     * @param losses two elements, which receive the sum of their cross-entropies and that of the squares of these, in
     *     FP64
     * @return the number of samples whose greatest output is their class
     */
    public long score(Tensor weights, StepSamples samples, double[] losses) {
        losses[0] = 0;
        losses[1] = 0;
        long hits = Native.netScore(net, vector(weights), numbers(samples), samples.order(), losses);
        check(hits, samples);
        return hits;
    }

    /** Writes the outputs of samples without dropout, a row of {@code out} for each. */
    void forward(Tensor weights, StepSamples samples, Tensor out) {
        check(
                Native.netForward(net, vector(weights), numbers(samples), samples.order(), StepSamples.address(out)),
                samples);
    }

    private long vector(Tensor vector) {
        boolean fits = vector.numel() == plan.parameters()
                && Tensors.type(vector) == ScalarType.Float
                && vector.is_contiguous()
                && vector.is_cpu();
        Arguments.require(
                fits,
                () -> "vector of another net: vector=" + Tensors.describe(vector) + ", expected=float ["
                        + plan.parameters() + "], contiguous, on the CPU");
        return StepSamples.address(vector);
    }

    private long[] numbers(StepSamples samples) {
        Tensor x = samples.x();
        long size = plan.features();
        boolean fits = Tensors.type(x) == ScalarType.Float
                && x.numel() == x.size(0) * size
                && x.is_contiguous()
                && Tensors.type(samples.y()) == ScalarType.Long
                && samples.y().is_contiguous()
                && samples.y().numel() == x.size(0);
        Arguments.require(
                fits,
                () -> "samples of another shape: samples=" + Tensors.describe(x) + ", labels="
                        + Tensors.describe(samples.y()) + ", expected=float [n, ...] of " + size
                        + " elements each, with an int64 label for each, contiguous");
        return samples.numbers();
    }

    private void check(long result, StepSamples samples) {
        if (result == OUT_OF_RANGE) {
            throw new IllegalArgumentException(outOfRange(samples));
        } else if (result < 0) {
            throw new IllegalStateException(
                    "native step: samples=" + Tensors.describe(samples.x()) + ", found=" + text(result));
        }
    }

    private String outOfRange(StepSamples samples) {
        try (PointerScope scope = new PointerScope()) {
            long rows = samples.y().numel();
            LongSummaryStatistics found = Arrays.stream(samples.order()).summaryStatistics();
            if (found.getMax() >= rows || found.getMin() < 0) {
                return "no such sample: row=" + found.getMax() + ", limit=0 to " + (rows - 1)
                        + "; let the data set's size be the number of its rows";
            }
            Tensor labels = samples.y().index_select(0, Tensors.of(samples.order()));
            return "label out of range: lowest=" + labels.min().item_long() + ", highest="
                    + labels.max().item_long() + ", limit=0 to " + (plan.classes() - 1)
                    + "; give a model with an output for each class, or leave such samples out (the engine libtorch ignores -100)";
        }
    }

    private static String text(long result) {
        return Native.errorText((int) -result);
    }

    @Override
    public void close() {
        if (net != 0) {
            Native.netFree(net);
            net = 0;
        }
    }
}

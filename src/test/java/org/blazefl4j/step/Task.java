package org.blazefl4j.step;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.FlatRanges;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Weights and samples for a net, drawn from a seed; they belong to the pointer scope of their making. */
record Task(Nets net, StepPlan plan, Tensor weights, Tensor x, Tensor y) {

    /** Draws samples, and weights as PyTorch does. */
    static Task of(Nets net, int count, long seed) {
        StepPlan plan = net.plan();
        if (!plan.isCovered()) {
            throw new IllegalArgumentException(net + ": " + plan.refusal());
        }
        Generator generator = torch.createCPUGenerator(seed);
        long[] shape = LongStream.concat(LongStream.of(count), Arrays.stream(net.sample()))
                .toArray();
        Tensor weights = DefaultGenerator.seeded(seed, () -> initial(net));
        Tensor x = torch.empty(shape).normal_(0, 1, new GeneratorOptional(generator));
        Tensor y = torch.empty(count)
                .uniform_(0, plan.classes(), new GeneratorOptional(generator))
                .floor()
                .clamp_max(new Scalar((double) (plan.classes() - 1)))
                .toType(ScalarType.Long);
        return new Task(net, plan, weights, x, y);
    }

    private static Tensor initial(Nets net) {
        try (Model model = net.model();
                FlatParameters state = FlatParameters.of(model)) {
            return state.flatten();
        }
    }

    StepSamples samples() {
        return samples(0, count(), 0, 0);
    }

    /** Returns some of the samples, in order. */
    StepSamples samples(long from, long count, long seed, long step) {
        return new StepSamples(x, y, LongStream.range(from, from + count).toArray(), seed, step);
    }

    StepEngine engine(int lanes) {
        return new StepEngine(plan, FlatRanges.NONE, lanes);
    }

    Tensor gradient(int lanes) {
        try (StepEngine engine = engine(lanes)) {
            Tensor gradient = torch.zeros_like(weights);
            engine.gradient(weights, samples(), true, gradient);
            return gradient;
        }
    }

    int count() {
        return (int) x.size(0);
    }

    static double distance(Tensor one, Tensor other) {
        return one.toType(ScalarType.Double)
                .sub(other.toType(ScalarType.Double))
                .abs()
                .max()
                .item_double();
    }

    static double largest(Tensor tensor) {
        return tensor.abs().max().item_double();
    }
}

package org.blazefl4j.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.blazefl4j.model.Layer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The native engine's errors against LibTorch in FP64, beside those of LibTorch in FP32. */
final class StepEngineErrorTest {

    private static final int[] BATCHES = {1, 15, 16, 17, 50, 65};
    private static final double RATE = 0.1;
    private static final int STEPS = 5;

    /** What sums in another order may differ by, in units of the largest element. */
    private static final double ROUNDING = 4 * Math.pow(2, -24);

    /** What rounding may make of two sums that are closer to each other: equal ones, or the other one greater. */
    private static final double ROUNDED = 1e-6;

    static Stream<Arguments> netsAndBatches() {
        return Nets.all().stream().flatMap(net -> Arrays.stream(BATCHES).mapToObj(batch -> Arguments.of(net, batch)));
    }

    private static void requireClose(Tensor found, Tensor libTorch, Tensor exact) {
        assertThat(Task.distance(found, exact))
                .isLessThanOrEqualTo(2 * Task.distance(libTorch, exact) + ROUNDING * Task.largest(exact));
    }

    @ParameterizedTest
    @MethodSource("netsAndBatches")
    void shouldHaveGradientsNoFurtherFromExactOnesThanTwiceLibTorchs(Nets net, int batch) {
        try (PointerScope scope = new PointerScope()) {
            Task task = Task.of(net, batch, 7);
            ReferenceNet reference = net.reference();
            Tensor exact = reference.gradient(task.weights().toType(ScalarType.Double), task.x(), task.y());

            requireClose(task.gradient(0), reference.gradient(task.weights(), task.x(), task.y()), exact);
        }
    }

    @ParameterizedTest
    @MethodSource("netsAndBatches")
    void shouldHaveWeightsAfterStepsNoFurtherFromExactOnesThanTwiceLibTorchs(Nets net, int batch) {
        try (PointerScope scope = new PointerScope()) {
            Task task = Task.of(net, batch, 8);
            Tensor found = torch.empty_like(task.weights());
            long[] lengths = new long[STEPS];
            double[] rates = new double[STEPS];
            Arrays.fill(lengths, batch);
            Arrays.fill(rates, RATE);
            long[] order = LongStream.range(0, (long) STEPS * batch)
                    .map(sample -> sample % batch)
                    .toArray();
            try (StepEngine engine = task.engine(0)) {
                engine.train(
                        task.weights(),
                        found,
                        new StepSamples(task.x(), task.y(), order, 0, 0),
                        lengths,
                        rates,
                        Descent.plain());
            }
            ReferenceNet reference = net.reference();

            requireClose(
                    found,
                    reference.trained(task.weights(), task.x(), task.y(), STEPS, RATE, ScalarType.Float),
                    reference.trained(task.weights(), task.x(), task.y(), STEPS, RATE, ScalarType.Double));
        }
    }

    @Property(tries = 60)
    void shouldHaveGradientsAsExactAsTwiceLibTorchsForAllShapes(
            @ForAll @IntRange(min = 1, max = 64) int in,
            @ForAll @IntRange(min = 1, max = 64) int out,
            @ForAll @IntRange(min = 1, max = 5) int kernel,
            @ForAll @IntRange(min = 0, max = 4) int padding,
            @ForAll @IntRange(min = 0, max = 6) int taller,
            @ForAll @IntRange(min = 0, max = 6) int wider,
            @ForAll @IntRange(min = 0, max = 3) int follows,
            @ForAll @IntRange(min = 0, max = 5) int batch,
            @ForAll long seed) {
        long padded = Math.min(padding, kernel - 1);
        long height = kernel + 1 + taller;
        long width = kernel + 1 + wider;
        long rows = height + 2 * padded - kernel + 1;
        long columns = width + 2 * padded - kernel + 1;
        boolean pools = follows % 2 == 1;
        Stream<Layer> first = Stream.of(Layer.convolution(in, out, kernel, padded));
        Stream<Layer> then = Stream.concat(
                pools ? Stream.of(Layer.maxPool()) : Stream.empty(),
                follows > 1 ? Stream.of(Layer.relu()) : Stream.empty());
        long features = pools ? rows / 2 * (columns / 2) : rows * columns;
        Stream<Layer> last = Stream.of(Layer.flatten(), Layer.linear(out * features, 10));
        List<Layer> layers = Stream.of(first, then, last).flatMap(part -> part).toList();
        Nets net = new Nets("drawn", layers, in, height, width);

        try (PointerScope scope = new PointerScope()) {
            Task task = Task.of(net, BATCHES[batch], seed);
            ReferenceNet reference = net.reference();
            Tensor exact = reference.gradient(task.weights().toType(ScalarType.Double), task.x(), task.y());
            double libTorch = norm(reference.gradient(task.weights(), task.x(), task.y()), exact);
            double zero = norm(torch.zeros_like(exact), exact);
            double error = norm(task.gradient(0), exact);
            double limit = 2 * libTorch + ROUNDING * zero;
            Assume.that(error <= limit || distanceToKink(layers, task, pools, follows > 1) > ROUNDED);
            assertThat(error).isLessThanOrEqualTo(limit);
        }
    }

    /** Returns how little may change which element of a pool is the greatest, or on which side of zero one is. */
    private static double distanceToKink(List<Layer> layers, Task task, boolean pools, boolean relu) {
        ReferenceNet convolution = new ReferenceNet(layers.subList(0, 1));
        Tensor sums = convolution.outputs(task.weights().toType(ScalarType.Double), task.x());
        double distance = Double.POSITIVE_INFINITY;
        if (pools) {
            Tensor windows = sums.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4, 5);
            Tensor ordered = windows.sort(-1, true).get0();
            sums = ordered.select(-1, 0);
            distance = sums.sub(ordered.select(-1, 1)).min().item_double();
        }
        return relu ? Math.min(distance, sums.abs().min().item_double()) : distance;
    }

    /** Returns the norm of a difference, which depends less on chance than its largest element. */
    private static double norm(Tensor one, Tensor other) {
        return one.toType(ScalarType.Double).sub(other).norm().item_double();
    }

    /** The loss in FP64 along a direction has the slope that the gradient says. */
    @Test
    void shouldAgreeWithFiniteDifferencesOfTheLoss() {
        try (PointerScope scope = new PointerScope()) {
            for (Nets net : Nets.small().toList()) {
                Task task = Task.of(net, 17, 9);
                Tensor at = task.weights().toType(ScalarType.Double);
                Tensor gradient = task.gradient(0).toType(ScalarType.Double);
                Tensor direction = gradient.div(new Scalar(gradient.norm().item_double()));
                double step = 1e-6;
                double ahead = loss(net, at.add(direction, new Scalar(step)), task);
                double behind = loss(net, at.sub(direction, new Scalar(step)), task);

                double slope = gradient.dot(direction).item_double();
                assertThat((ahead - behind) / (2 * step))
                        .as(net.name())
                        .isCloseTo(slope, within(1e-5 * Math.max(1, slope)));
            }
        }
    }

    private static double loss(Nets net, Tensor weights, Task task) {
        return net.reference().loss(weights, task.x(), task.y()).item_double();
    }
}

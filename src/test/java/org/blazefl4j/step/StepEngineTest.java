package org.blazefl4j.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.blazefl4j.binding.Native;
import org.blazefl4j.model.Layer;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.torch.FlatOptimizer;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.FlatRanges;
import org.blazefl4j.torch.StepRule;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps, scores and refusals of the native engine. */
final class StepEngineTest {

    private static final double NO_LIMIT = Double.POSITIVE_INFINITY;
    private static final int BATCH = 17;

    private final PointerScope scope = new PointerScope();

    @AfterEach
    void free() {
        scope.close();
    }

    private static Nets net(String name) {
        return Nets.all().stream()
                .filter(net -> net.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    static Stream<Nets> small() {
        return Nets.small();
    }

    static Stream<Nets> dropping() {
        return Stream.of(net("linear, relu, linear"), net("two convolutions"), net("cnn"))
                .map(Nets::dropping);
    }

    private static Descent descent(StepRule rule, double maxGradNorm, FlatOptimizer.State moments) {
        return new Descent(rule, maxGradNorm, moments, null, 0, null, FlatRanges.NONE);
    }

    /** Trains a copy of the weights in batches of {@link #BATCH}, the last one smaller. */
    private static Tensor trained(Task task, int lanes, long seed) {
        Tensor trained = torch.empty_like(task.weights());
        try (StepEngine engine = task.engine(lanes)) {
            StepSamples samples = task.samples().drawing(seed, 0);
            engine.train(task.weights(), trained, samples, lengths(task), rates(task), Descent.plain());
        }
        return trained;
    }

    private static long[] lengths(Task task) {
        int steps = (task.count() + BATCH - 1) / BATCH;
        return LongStream.range(0, steps)
                .map(step -> Math.min(BATCH, task.count() - step * BATCH))
                .toArray();
    }

    private static double[] rates(Task task) {
        double[] rates = new double[lengths(task).length];
        Arrays.setAll(rates, step -> 0.1 / (1 + step));
        return rates;
    }

    private static void requireSameBits(Tensor found, Tensor expected) {
        assertThat(Tensors.sha256(found)).isEqualTo(Tensors.sha256(expected));
    }

    @ParameterizedTest
    @MethodSource({"small", "dropping"})
    void shouldHaveTheSameBitsWithVectorsOf4And8(Nets net) {
        Task task = Task.of(net, 50, 1);
        requireSameBits(trained(task, 8, 3), trained(task, 4, 3));
        requireSameBits(task.gradient(8), task.gradient(4));
    }

    /** Skipped where the processor has no such vectors: it would compare those of 8 with themselves. */
    @ParameterizedTest
    @MethodSource({"small", "dropping"})
    void shouldHaveTheSameBitsWithVectorsOf16(Nets net) {
        assumeTrue(Native.netKernels().equals("avx512"), "the processor has no AVX-512");
        Task task = Task.of(net, 50, 1);
        requireSameBits(trained(task, 16, 3), trained(task, 4, 3));
        requireSameBits(task.gradient(16), task.gradient(4));
    }

    @ParameterizedTest
    @MethodSource({"small", "dropping"})
    void shouldHaveTheSameBitsInOneCallAndInOneForEachStep(Nets net) {
        Task task = Task.of(net, 50, 2);
        Tensor weights = task.weights().clone();
        try (StepEngine engine = task.engine(0)) {
            long at = 0;
            for (int step = 0; step < lengths(task).length; step++) {
                long[] length = {lengths(task)[step]};
                engine.train(
                        weights,
                        weights,
                        task.samples(at, length[0], 5, step),
                        length,
                        new double[] {rates(task)[step]},
                        Descent.plain());
                at += length[0];
            }
        }
        requireSameBits(weights, trained(task, 0, 5));
    }

    @Test
    void shouldReadRowsInTheOrderAskedFor() {
        Task task = Task.of(net("two convolutions"), 20, 3);
        long[] order = {3, 19, 3, 0, 7};
        Tensor gradient = torch.zeros_like(task.weights());
        Tensor other = torch.zeros_like(task.weights());
        try (StepEngine engine = task.engine(0)) {
            engine.gradient(task.weights(), new StepSamples(task.x(), task.y(), order, 0, 0), true, gradient);
            Tensor x = task.x().index_select(0, Tensors.of(order));
            Tensor y = task.y().index_select(0, Tensors.of(order));
            engine.gradient(task.weights(), new StepSamples(x, y, new long[] {0, 1, 2, 3, 4}, 0, 0), true, other);
        }
        requireSameBits(gradient, other);
    }

    @Test
    void shouldAddToTheGradientThatIsThere() {
        Task task = Task.of(net("linear, relu, linear"), 17, 4);
        Tensor gradient = torch.ones_like(task.weights());
        try (StepEngine engine = task.engine(0)) {
            engine.gradient(task.weights(), task.samples(), true, gradient);
        }
        assertThat(Task.distance(gradient, task.gradient(0).add(new Scalar(1.0))))
                .isLessThan(1e-6);
    }

    static Stream<Arguments> rules() {
        StepRule.Sgd momentum = StepRule.sgd().withMomentum(0.9);
        List<StepRule> rules = List.of(
                StepRule.sgd(),
                StepRule.sgd().withWeightDecay(0.01),
                StepRule.sgd().withDecoupledWeightDecay(0.01),
                momentum,
                momentum.withDampening(0.3).withWeightDecay(0.01),
                momentum.withNesterov(true).withDecoupledWeightDecay(0.01),
                StepRule.adam(),
                StepRule.adam().withWeightDecay(0.01),
                StepRule.adamW().withBetas(0.8, 0.9).withEps(1e-4));
        return rules.stream().flatMap(rule -> Stream.of(NO_LIMIT, 0.05).map(norm -> Arguments.of(rule, norm)));
    }

    /** The same steps by {@link FlatOptimizer}, with the gradients of the engine. */
    @ParameterizedTest
    @MethodSource("rules")
    void shouldTakeTheStepsOfTheOptimizersWithItsGradients(StepRule rule, double maxGradNorm) {
        for (boolean pulled : new boolean[] {false, true}) {
            Task task = Task.of(net("two convolutions"), 50, 5);
            Tensor constant = pulled ? task.weights().mul(new Scalar(0.01)) : null;
            Tensor anchor = pulled ? task.weights().add(new Scalar(0.02)) : null;
            double pull = pulled ? 0.3 : 0;
            Tensor expected;
            try (Model model = task.net().model();
                    FlatParameters state = FlatParameters.of(model);
                    FlatOptimizer optimizer = new FlatOptimizer(state);
                    StepEngine engine = task.engine(0)) {
                Tensor weights = task.weights().clone();
                state.bind(weights);
                optimizer.reset(rule, maxGradNorm);
                long at = 0;
                for (int step = 0; step < lengths(task).length; step++) {
                    if (pulled) {
                        state.startGradients(constant, pull, anchor);
                    } else {
                        state.zeroGradients();
                    }
                    Tensor gradient = torch.zeros_like(weights);
                    engine.gradient(weights, task.samples(at, lengths(task)[step], 0, step), true, gradient);
                    state.gradients().copy_(gradient.add(state.gradients()));
                    optimizer.step(rates(task)[step]);
                    at += lengths(task)[step];
                }
                expected = weights.clone();
            }
            Tensor first = rule.moments() > 0 ? torch.zeros_like(task.weights()) : null;
            Tensor second = rule.moments() > 1 ? torch.zeros_like(task.weights()) : null;
            Tensor found = torch.empty_like(task.weights());
            try (StepEngine engine = task.engine(0)) {
                engine.train(
                        task.weights(),
                        found,
                        task.samples(),
                        lengths(task),
                        rates(task),
                        new Descent(
                                rule,
                                maxGradNorm,
                                new FlatOptimizer.State(0, first, second),
                                constant,
                                pull,
                                anchor,
                                FlatRanges.NONE));
            }
            requireSameBits(found, expected);
        }
    }

    @Test
    void shouldContinueFromMoments() {
        Task task = Task.of(net("linear, relu, linear"), 34, 6);
        Tensor whole = task.weights().clone();
        Tensor parts = task.weights().clone();
        double[] rate = {0.01, 0.02};
        Tensor[] moments = new Tensor[4];
        Arrays.setAll(moments, i -> torch.zeros_like(whole));
        try (StepEngine engine = task.engine(0)) {
            FlatOptimizer.State all = new FlatOptimizer.State(0, moments[0], moments[1]);
            engine.train(
                    whole, whole, task.samples(), new long[] {17, 17}, rate, descent(StepRule.adam(), NO_LIMIT, all));
            for (int step = 0; step < 2; step++) {
                FlatOptimizer.State kept = new FlatOptimizer.State(step, moments[2], moments[3]);
                engine.train(
                        parts,
                        parts,
                        task.samples(17L * step, 17, 0, step),
                        new long[] {17},
                        new double[] {rate[step]},
                        descent(StepRule.adam(), NO_LIMIT, kept));
            }
        }
        requireSameBits(parts, whole);
        requireSameBits(moments[2], moments[0]);
        requireSameBits(moments[3], moments[1]);
    }

    @Test
    void shouldLeaveFrozenElementsAsTheyAre() {
        Task task = Task.of(net("linear, relu, linear"), 34, 7);
        try (Model model = task.net().model();
                FlatParameters state = FlatParameters.of(model);
                StepEngine engine = new StepEngine(task.plan(), state.named("0.bias"::equals), 0)) {
            FlatRanges frozen = state.named("2.weight"::equals);
            FlatRanges all = state.named(name -> name.equals("2.weight") || name.equals("0.bias"));
            FlatRanges others = state.named(name -> name.equals("0.weight") || name.equals("2.bias"));
            Tensor found = task.weights().clone();
            StepRule decay = StepRule.sgd().withWeightDecay(0.1);
            engine.train(
                    found,
                    found,
                    task.samples(),
                    new long[] {17, 17},
                    new double[] {0.1, 0.1},
                    new Descent(decay, 0.1, new FlatOptimizer.State(0, null, null), null, 0, null, frozen));

            requireSameBits(all.gather(found), all.gather(task.weights()));
            assertThat(Task.distance(others.gather(found), others.gather(task.weights())))
                    .isPositive();
            Tensor gradient = torch.zeros_like(found);
            engine.gradient(found, task.samples(), true, gradient);
            assertThat(Task.largest(state.named("0.bias"::equals).gather(gradient)))
                    .isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("small")
    void shouldScoreAsLibTorchDoes(Nets net) {
        Task task = Task.of(net, 65, 8);
        double[] loss = {5, 5};
        long hits;
        Tensor outputs = torch.empty(65, task.plan().classes());
        try (StepEngine engine = task.engine(0)) {
            hits = engine.score(task.weights(), task.samples(), loss);
            engine.forward(task.weights(), task.samples(), outputs);
        }
        Tensor exact = net.reference().outputs(task.weights().toType(ScalarType.Double), task.x());
        assertThat(Task.distance(outputs, exact)).isLessThan(1e-5);
        assertThat(hits)
                .isEqualTo(outputs.argmax(new org.bytedeco.pytorch.LongOptional(1), false)
                        .eq(task.y())
                        .sum()
                        .item_long());
        double expected =
                torch.cross_entropy(outputs.toType(ScalarType.Double), task.y()).item_double() * 65;
        assertThat(loss[0]).isCloseTo(expected, within(1e-9 * Math.max(1, expected)));
        double squares = 0;
        for (int i = 0; i < 65; i++) {
            Tensor output = outputs.toType(ScalarType.Double).narrow(0, i, 1);
            double one = torch.cross_entropy(output, task.y().narrow(0, i, 1)).item_double();
            squares += one * one;
        }
        assertThat(loss[1]).isCloseTo(squares, within(1e-9 * Math.max(1, squares)));
    }

    @ParameterizedTest
    @CsvSource({"NaN, false", "Infinity, false", "-Infinity, false", "NaN, true", "Infinity, true", "-Infinity, true"})
    void shouldCarryNaNAndInfinitiesAsLibTorchDoes(double value, boolean inWeights) {
        for (Nets net : Nets.small().toList()) {
            Task task = Task.of(net, 17, 9);
            (inWeights ? task.weights() : task.x().view(-1)).narrow(0, 3, 1).fill_(new Scalar(value));
            Tensor gradient = task.gradient(0);
            Tensor expected = net.reference().gradient(task.weights(), task.x(), task.y());

            assertThat(kinds(gradient)).as(net.name()).isEqualTo(kinds(expected));
        }
    }

    /** Returns for each element whether it is a NaN, an infinity or a number. */
    private static List<String> kinds(Tensor tensor) {
        float[] values = new float[(int) tensor.numel()];
        tensor.contiguous().data_ptr_float().get(values);
        List<String> kinds = new ArrayList<>();
        for (float value : values) {
            kinds.add(Float.isNaN(value) ? "NaN" : Float.isInfinite(value) ? Float.toString(value) : "number");
        }
        return kinds;
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 10, -100})
    void shouldRefuseLabelsThatAreNoClassesAndChangeNothing(long label) {
        Task task = Task.of(net("linear, relu, linear"), 34, 10);
        task.y().narrow(0, 20, 1).fill_(new Scalar(label));
        Tensor weights = task.weights().clone();
        try (StepEngine engine = task.engine(0)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> engine.train(
                            task.weights(),
                            weights,
                            task.samples(),
                            new long[] {17, 17},
                            new double[] {0.1, 0.1},
                            Descent.plain()))
                    .withMessageContaining("label out of range: lowest=")
                    .withMessageContaining("limit=0 to 9; give a model with an output for each class");
        }
        requireSameBits(weights, task.weights());
    }

    @Test
    void shouldRefuseVectorsAndSamplesOfAnotherNet() {
        Task task = Task.of(net("two convolutions"), 17, 11);
        Task other = Task.of(net("linear, relu, linear"), 17, 11);
        double[] loss = {0, 0};
        try (StepEngine engine = task.engine(0)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> engine.score(other.weights(), task.samples(), loss))
                    .withMessage("vector of another net: vector=float [1033], expected=float ["
                            + task.plan().parameters() + "], contiguous, on the CPU");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> engine.score(task.weights(), other.samples(), loss))
                    .withMessageContaining("samples of another shape: samples=float [17, 20]");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> engine.train(
                            task.weights(),
                            task.weights(),
                            task.samples(),
                            new long[] {17},
                            new double[] {Double.NaN},
                            Descent.plain()))
                    .withMessageContaining("learning rate out of range: rate=NaN");
        }
    }

    @Test
    void shouldDrawASeedOnlyIfTheNetDropsOut() {
        Nets net = net("linear, relu, linear");
        var generator = torch.createCPUGenerator(1);
        RandomStream stream = RandomStream.of(generator);
        Tensor before = generator.get_state().clone();
        try (StepEngine engine = Task.of(net, 1, 1).engine(0)) {
            assertThat(engine.seed(() -> stream)).isZero();
        }
        assertThat(generator.get_state().equal(before)).isTrue();
        try (StepEngine engine = Task.of(net.dropping(), 1, 1).engine(0)) {
            assertThat(engine.seed(() -> stream)).isNotZero();
        }
        assertThat(generator.get_state().equal(before)).isFalse();
    }

    /** Dropout zeroes about a quarter of the units, others in each step, and scales the rest. */
    @Test
    void shouldDropOutOtherUnitsInEachStep() {
        Nets net = new Nets("one layer", List.of(Layer.linear(4, 400), Layer.dropout(0.25), Layer.linear(400, 2)), 4);
        Task task = Task.of(net, 64, 12);
        try (StepEngine engine = task.engine(0)) {
            Tensor first = dropped(engine, task, 7, 0);
            assertThat(first.toType(ScalarType.Float).mean().item_double()).isCloseTo(0.25, within(0.1));
            requireSameBits(dropped(engine, task, 7, 0), first);
            assertThat(dropped(engine, task, 7, 1).equal(first)).isFalse();
            assertThat(dropped(engine, task, 8, 0).equal(first)).isFalse();
        }
    }

    /** Returns which units gave the last layer nothing, for one sample. */
    private static Tensor dropped(StepEngine engine, Task task, long seed, long step) {
        Tensor gradient = torch.zeros_like(task.weights());
        engine.gradient(task.weights(), task.samples(0, 1, seed, step), true, gradient);
        return gradient.narrow(0, 2000, 400).eq(new Scalar(0.0));
    }
}

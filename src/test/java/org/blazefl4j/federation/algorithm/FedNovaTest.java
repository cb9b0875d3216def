package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.initial;
import static org.blazefl4j.federation.FederationRuns.model;
import static org.blazefl4j.federation.algorithm.Quadratics.D;
import static org.blazefl4j.federation.algorithm.Quadratics.START;
import static org.blazefl4j.federation.algorithm.Quadratics.expected;
import static org.blazefl4j.torch.Elements.floats;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.federation.Aggregation;
import org.blazefl4j.federation.Aggregation.Aggregator;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationRuns;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.federation.ModelUpdate;
import org.blazefl4j.federation.UpdateTransform;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.torch.StepRule;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** FedNova: federated averaging while all work equally, and else a step towards the minimiser of the true mean. */
final class FedNovaTest {

    private static final double LR = 0.02;

    /** A client with one sample and one with ten, which take as many steps by single samples. */
    private final Quadratics unequal =
            new Quadratics(new float[][] {fill(-1), fill(1)}, new float[][] {fill(1), fill(2)}, 1, 10);

    @AfterEach
    void close() {
        unequal.close();
    }

    private static float[] fill(float value) {
        float[] values = new float[D];
        Arrays.fill(values, value);
        return values;
    }

    private Federation unequal(int rounds) {
        return unequal.fedAvg(rounds, 0, LR).local(new SgdOptions(1, 1, LR)).weighting(Weighting.UNIFORM);
    }

    // ---- federated averaging

    @Test
    void shouldEqualFederatedAveragingWhileAllWorkEqually() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation fedAvg = FederationRuns.fedAvg(Tiny.CONVOLUTION, data, 3)
                    .local(LocalOptions.of(new SgdOptions(2, 4, 0.05))
                            .withRule(StepRule.sgd().withMomentum(0.9))
                            .withSchedule(Schedule.exponential(0.9)));
            assertThat(hashes(fedAvg.with(Algorithms.fedNova(Weighting.BY_SAMPLES))))
                    .isEqualTo(hashes(fedAvg))
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void shouldEqualFederatedAveragingOfOneClient() {
        try (Quadratics one = Quadratics.random(1, 1)) {
            Federation fedAvg = one.fedAvg(3, 4, 0.1);
            assertThat(hashes(fedAvg.with(Algorithms.fedNova(Weighting.BY_SAMPLES))))
                    .isEqualTo(hashes(fedAvg));
        }
    }

    @Test
    void shouldStayWhereARateOfZeroKeepsAllClients() {
        Federation still = unequal(2)
                .local(LocalOptions.of(new SgdOptions(1, 1, LR)).withSchedule((round, step) -> 0))
                .with(Algorithms.fedNova(Weighting.UNIFORM));
        assertThat(model(still)).containsExactly(initial(still));
    }

    // ---- unequal work

    /** The limit of rounds x + s * sum of w_k (y_k - x), where y_k = a_k + (1 - LR h_k)^tau_k (x - a_k). */
    private double limit(double... weights) {
        double top = 0;
        double bottom = 0;
        for (int cid = 0; cid < 2; cid++) {
            double covered = 1 - Math.pow(1 - LR * unequal.h(cid, 0), unequal.size(cid));
            top += weights[cid] * covered * unequal.a(cid, 0);
            bottom += weights[cid] * covered;
        }
        return top / bottom;
    }

    /** Their equation 4: the limit of federated averaging counts clients by their steps; theirs does not. */
    @Test
    void shouldConvergeToTheMinimiserOfTheMeanWhereFederatedAveragingDoesNot() {
        double minimiser = unequal.minimiser(0, unequal.weights(Weighting.UNIFORM));
        float nova = model(unequal(150).with(Algorithms.fedNova(Weighting.UNIFORM)))[0];
        float average = model(unequal(150))[0];
        assertThat(nova).isCloseTo((float) limit(1, 0.1), within(1e-5f));
        assertThat(average).isCloseTo((float) limit(1, 1), within(1e-5f));
        assertThat(Math.abs(nova - minimiser)).isLessThan(0.1);
        assertThat(Math.abs(average - minimiser)).isGreaterThan(0.5);
    }

    /** One round from START, where client k ends at y_k and its gradients count a_k. */
    private double round(double[] y, double[] a) {
        double n = unequal.size(0) + unequal.size(1);
        double move = 0;
        double work = 0;
        for (int cid = 0; cid < 2; cid++) {
            double p = unequal.size(cid) / n;
            move += p * (y[cid] - START) / a[cid];
            work += p * a[cid];
        }
        return START + work * move;
    }

    private void assertRound(Federation federation, double[] y, double[] a) {
        Federation nova = federation.with(Algorithms.fedNova(Weighting.BY_SAMPLES));
        float[] expected = expected(i -> round(y, a));
        assertThat(model(nova)).containsExactly(expected, within(1e-5f));
        Federation momentumless = nova.serverOptimizer(new ServerMomentum(1, 0, false));
        assertThat(model(momentumless)).containsExactly(expected, within(1e-5f));
        assertThat(Math.abs(model(federation)[0] - expected[0])).isGreaterThan(1e-3f);
    }

    private double[] byClient(IntToDoubleFunction value) {
        return new double[] {value.applyAsDouble(0), value.applyAsDouble(1)};
    }

    @Test
    void shouldMoveByTheMeanChangeForAStepTimesTheMeanNumberOfSteps() {
        double[] y = byClient(cid -> unequal.a(cid, 0)
                + Math.pow(1 - LR * unequal.h(cid, 0), unequal.size(cid)) * (START - unequal.a(cid, 0)));
        Federation once = unequal(1).weighting(Weighting.BY_SAMPLES);
        assertRound(once, y, new double[] {1, 10});
        assertRound(once.uplink(new Same()), y, new double[] {1, 10});
    }

    /** Makes clients send changes. */
    record Same() implements UpdateTransform {

        @Override
        public void apply(Tensor change, LocalRun run) {}
    }

    @Test
    void shouldCountGradientsAsMomentumDoes() {
        double rho = 0.5;
        Federation momentum = unequal(1)
                .weighting(Weighting.BY_SAMPLES)
                .local(LocalOptions.of(new SgdOptions(1, 1, LR))
                        .withRule(StepRule.sgd().withMomentum(rho)));
        double[] y = byClient(cid -> {
            double w = START;
            double velocity = 0;
            for (int step = 0; step < unequal.size(cid); step++) {
                velocity = rho * velocity + unequal.gradient(cid, 0, w);
                w -= LR * velocity;
            }
            return w;
        });
        double[] a = byClient(cid ->
                (unequal.size(cid) - rho * (1 - Math.pow(rho, unequal.size(cid))) / (1 - rho)) / (1 - rho));
        assertRound(momentum, y, a);
    }

    @Test
    void shouldCountThePullOfFedProx() {
        double mu = 10;
        Federation proximal = unequal(1).weighting(Weighting.BY_SAMPLES).with(Algorithms.fedProx(mu));
        double[] y = byClient(cid -> {
            double w = START;
            for (int step = 0; step < unequal.size(cid); step++) {
                w -= LR * (unequal.gradient(cid, 0, w) + mu * (w - START));
            }
            return w;
        });
        double[] a = byClient(cid -> (1 - Math.pow(1 - LR * mu, unequal.size(cid))) / (LR * mu));
        assertRound(proximal, y, a);
    }

    @Test
    void shouldComposeInAnyOrder() {
        var nova = Algorithms.fedNova(Weighting.BY_SAMPLES);
        var prox = Algorithms.fedProx(1);
        assertThat(hashes(unequal(2).with(nova).with(prox)))
                .isEqualTo(hashes(unequal(2).with(prox).with(nova)));
    }

    /** BatchNorm's statistics, the counter included, take a mean, which lies between what clients send. */
    @Test
    void shouldNotExtrapolateBuffers() {
        try (TinyData data = TinyData.of(12, List.of(new long[] {0, 1}, new long[] {2, 3, 4, 5, 6, 7, 8, 9, 10, 11}))) {
            Federation nova = Federation.of(
                            new Tiny.Selector(1), Tiny.CONVOLUTION, data.partitions(), ServerOptions.of(1, 2))
                    .local(new SgdOptions(1, 2, 0.05))
                    .with(Algorithms.fedNova(Weighting.BY_SAMPLES));
            int counter = 28; // conv 18 + 2, norm 2 + 2, its mean and variance 2 + 2
            float mean = (2 * 1f + 10 / 5f * 5f) / (2 + 10 / 5f);
            assertThat(model(nova)[counter]).isEqualTo(mean);
        }
    }

    // ---- sums

    private static ModelUpdate trained(int cid, int samples, double normaliser, float... values) {
        Map<String, Double> numbers = Map.of("normaliser", normaliser);
        return new ModelUpdate(cid, Tensor.create(values), false, samples, List.of(), numbers, Map.of());
    }

    private static List<ModelUpdate> trained(int clients, DoubleSupplier normaliser, SplittableRandom random) {
        return new ArrayList<>(IntStream.range(0, clients)
                .mapToObj(cid -> trained(
                        cid,
                        1 + random.nextInt(2000),
                        normaliser.getAsDouble(),
                        (float) random.nextDouble(-1, 1),
                        Math.scalb((float) random.nextDouble(-1, 1), random.nextInt(-140, 120))))
                .toList());
    }

    /** Folds now and then, and returns the combined model and its change. */
    private static float[] combined(Aggregation rule, List<ModelUpdate> updates, Random random) {
        try (Aggregator aggregator =
                        rule.open(ServerOptions.of(1, 2), 2, new InMemoryPartitionedDataset<PartitionType>());
                Tensor sent = Tensor.create(0.1f, 1f);
                Tensor out = Tensor.create(0f, 0f, 0f, 0f);
                Tensor model = out.narrow(0, 0, 2);
                Tensor change = out.narrow(0, 2, 2)) {
            for (ModelUpdate update : updates) {
                aggregator.add(update);
                if (random.nextInt(4) == 0) {
                    aggregator.fold();
                }
            }
            aggregator.model(sent, model);
            aggregator.change(sent, change);
            return floats(out);
        }
    }

    /** Some work equally, and may all come first. */
    @ParameterizedTest
    @FieldSource("org.blazefl4j.federation.algorithm.Quadratics#WEIGHTINGS")
    void shouldNotDependOnTheOrderOfManyClients(Weighting weighting) {
        SplittableRandom random = new SplittableRandom(3);
        for (int seed = 0; seed < 50; seed++) {
            Random order = new Random(seed);
            List<ModelUpdate> updates = trained(
                    2 + seed,
                    () -> random.nextInt(3) > 0 ? 7 : Math.scalb(1 + random.nextDouble(), random.nextInt(-25, 25)),
                    random);
            float[] expected = combined(new NormalisedMean.Rule(weighting), updates, order);
            for (int again = 0; again < 10; again++) {
                Collections.shuffle(updates, order);
                assertThat(combined(new NormalisedMean.Rule(weighting), updates, order))
                        .as("clients=%d", updates.size())
                        .containsExactly(expected);
            }
        }
    }

    @Test
    void shouldHaveTheBitsOfFederatedAveragingForAnyCommonNormaliser() {
        SplittableRandom random = new SplittableRandom(4);
        for (double normaliser : new double[] {1, 3, 1e-12, 0.1, 1e200, 0}) {
            List<ModelUpdate> updates = trained(20, () -> normaliser, random);
            assertThat(combined(new NormalisedMean.Rule(Weighting.BY_SAMPLES), updates, new Random(1)))
                    .containsExactly(combined(Aggregation.mean(Weighting.BY_SAMPLES), updates, new Random(2)));
        }
    }

    // ---- refusals

    @Test
    void shouldRefuseWorkThatNoSumHoldsAndStayAsBefore() {
        try (Aggregator aggregator = aggregator();
                Tensor sent = Tensor.create(0f, 0f);
                Tensor out = Tensor.create(0f, 0f)) {
            aggregator.add(trained(0, 1, 2, 1, 2));
            assertThatThrownBy(() -> aggregator.add(trained(1, 1, 1e10, 1, 2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("normalisers out of range: client=1, normaliser=1.0E10, others=2.0, limit=2^-30 to 2^30"
                            + " where they differ; make clients work more alike");
            assertThatThrownBy(() -> aggregator.add(trained(1, (1 << 30) + 4, 2, 1, 2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("weight out of range: client=1, weight=1.073741828E9, limit=2^-30 to 2^30; divide all"
                            + " weights by a number");
            aggregator.change(sent, out);
            assertThat(aggregator.isMean()).isTrue();
            assertThat(floats(out)).containsExactly(1, 2);
        }
    }

    private static ModelUpdate update(int cid, Map<String, Double> numbers) {
        return new ModelUpdate(cid, Tensor.create(1f, 2f), false, 1, List.of(), numbers, Map.of());
    }

    private static Aggregator aggregator() {
        return new NormalisedMean.Rule(Weighting.BY_SAMPLES)
                .open(ServerOptions.of(1, 2), 2, new InMemoryPartitionedDataset<PartitionType>());
    }

    @Test
    void shouldRefusePackagesWithoutANormaliser() {
        try (Aggregator aggregator = aggregator()) {
            assertThatThrownBy(() -> aggregator.add(update(3, Map.of("loss", 1.0))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("package without a normaliser: client=3, numbers=[loss], expected=normaliser; write the"
                            + " result by LocalRun.training()");
        }
    }

    @Test
    void shouldRefuseNormalisersThatDoNotDivideAndStayAsBefore() {
        try (Aggregator aggregator = aggregator();
                Tensor sent = Tensor.create(0f, 0f);
                Tensor out = Tensor.create(0f, 0f)) {
            aggregator.add(update(0, Map.of("normaliser", 2.0)));
            for (double wrong : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
                assertThatThrownBy(() -> aggregator.add(update(1, Map.of("normaliser", wrong))))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("normaliser out of range: client=1, normaliser=" + wrong
                                + ", limit=above 0 and finite, or 0 for all of a round; lower the local learning rate");
            }
            aggregator.fold();
            assertThatThrownBy(() -> aggregator.add(trained(1, (1 << 30) + 4, 2, 1, 2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("weight out of range: client=1, weight=1.073741828E9, limit=2^-30 to 2^30; divide all"
                            + " weights by a number");
            aggregator.change(sent, out);
            assertThat(aggregator.isMean()).isTrue();
            assertThat(floats(out)).containsExactly(1, 2);
        }
    }

    @Test
    void shouldForgetARoundThatIsRepeated() {
        try (Aggregator aggregator = aggregator();
                Tensor sent = Tensor.create(0f, 0f);
                Tensor out = Tensor.create(0f, 0f)) {
            aggregator.add(update(0, Map.of("normaliser", 2.0)));
            aggregator.add(update(1, Map.of("normaliser", 4.0)));
            assertThat(aggregator.isMean()).isFalse();
            aggregator.clear();
            aggregator.add(update(1, Map.of("normaliser", 4.0)));
            assertThatThrownBy(() -> aggregator.add(trained(1, (1 << 30) + 4, 2, 1, 2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("weight out of range: client=1, weight=1.073741828E9, limit=2^-30 to 2^30; divide all"
                            + " weights by a number");
            aggregator.change(sent, out);
            assertThat(aggregator.isMean()).isTrue();
            assertThat(floats(out)).containsExactly(1, 2);
        }
    }
}

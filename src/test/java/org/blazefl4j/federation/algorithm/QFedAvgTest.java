package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.assertOneUnitApart;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.initial;
import static org.blazefl4j.federation.FederationRuns.model;
import static org.blazefl4j.federation.algorithm.Quadratics.D;
import static org.blazefl4j.torch.Elements.floats;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.ModelUpdate;
import org.blazefl4j.federation.SteppedRun;
import org.blazefl4j.federation.Weighting;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** q-FedAvg's rule: losses are those of the received model, and steps are never longer than to the mean. */
final class QFedAvgTest {

    private static final int K = 6;
    private static final int STEPS = 3;
    private static final double LR = 0.2;

    private final Quadratics clients = Quadratics.random(5, K);

    @AfterEach
    void close() {
        clients.close();
    }

    private Federation half(double q) {
        return clients.fedAvg(ServerOptions.of(20, K).withSampleRatio(0.5), STEPS, LR)
                .with(Algorithms.qFedAvg(q));
    }

    // ---- the rule

    private double loss(int cid, double[] x) {
        return 1
                + IntStream.range(0, D)
                        .mapToDouble(i -> clients.h(cid, i) / 2 * Math.pow(x[i] - clients.a(cid, i), 2))
                        .sum();
    }

    private double[] trained(int cid, double[] x, double lr) {
        double[] y = x.clone();
        for (int step = 0; step < STEPS; step++) {
            Arrays.setAll(y, i -> y[i] - lr * clients.gradient(cid, i, y[i]));
        }
        return y;
    }

    /** Returns the next model as the paper writes it. */
    private double[] next(double q, List<Integer> cids, double[] x, double lr) {
        double[] top = new double[D];
        double bottom = 0;
        for (int cid : cids) {
            double[] y = trained(cid, x, lr);
            double loss = loss(cid, x);
            double square = 0;
            for (int i = 0; i < D; i++) {
                double d = (x[i] - y[i]) / lr;
                top[i] += Math.pow(loss, q) * d;
                square += d * d;
            }
            bottom += q * Math.pow(loss, q - 1) * square + Math.pow(loss, q) / lr;
        }
        double[] next = x.clone();
        for (int i = 0; i < D; i++) {
            next[i] -= top[i] / bottom;
        }
        return next;
    }

    @Test
    void shouldMoveAsThePaperWrites() {
        for (double q : new double[] {0.001, 1, 5}) {
            try (SteppedRun run = new SteppedRun(half(q))) {
                for (int round = 0; round < 3; round++) {
                    double[] x = run.model();
                    List<Integer> cids = run.round(round);
                    assertThat(cids).isNotEmpty();
                    assertThat(run.model()).as("q=%s", q).containsExactly(next(q, cids, x, LR), within(1e-6));
                }
            }
        }
    }

    @Test
    void shouldTakeTheRateOfTheRound() {
        Federation federation = half(2);
        Schedule halving = Schedule.exponential(0.5);
        try (SteppedRun run = new SteppedRun(federation.local(federation.local().withSchedule(halving)))) {
            run.round();
            double[] x = run.model();
            List<Integer> cids = run.round();
            assertThat(run.model()).containsExactly(next(2, cids, x, LR / 2), within(1e-6));
        }
    }

    @Test
    void shouldMakeLossesMoreEqual() {
        double plain = spread(0);
        assertThat(spread(10)).isLessThan(0.8 * plain);
    }

    /** Returns by how much the largest loss exceeds the smallest after some rounds of all clients. */
    private double spread(double q) {
        try (SteppedRun run = new SteppedRun(clients.fedAvg(40, 1, LR).with(Algorithms.qFedAvg(q)))) {
            for (int round = 0; round < 40; round++) {
                run.round();
            }
            double[] x = run.model();
            double[] losses = IntStream.range(0, K)
                    .mapToDouble(cid -> loss(cid, x))
                    .sorted()
                    .toArray();
            return losses[K - 1] - losses[0];
        }
    }

    // ---- q = 0

    @Test
    void shouldBeFederatedAveragingOfEqualClientsWithoutFairness() {
        assertThat(hashes(half(0)))
                .isEqualTo(hashes(half(0).with(federation -> federation.weighting(Weighting.UNIFORM))));
        try (TinyData data = TinyData.of(70, List.of(new long[] {1, 2, 3}, new long[] {4, 5, 6, 7, 8, 9, 10, 11}))) {
            Federation two =
                    Federation.of(new Tiny.Selector(1), Tiny.CONVOLUTION, data.partitions(), ServerOptions.of(1, 2));
            float[] expected = model(two.weighting(Weighting.UNIFORM));
            float[] found = model(two.objective(new Fair(0)).aggregation(new FairMean.Rule()));
            assertOneUnitApart(found, expected, initial(two));
        }
    }

    // ---- sums

    private static ModelUpdate update(int cid, float value, double weight, double bound) {
        Map<String, Double> numbers = Map.of(Fair.WEIGHT, weight, Fair.BOUND, bound);
        return new ModelUpdate(cid, Tensor.create(value, -value), false, 1, List.of(), numbers, Map.of());
    }

    private static float[] sum(ModelUpdate... updates) {
        try (TinyData data = TinyData.evenly(12, CLIENTS);
                var mean = new FairMean.Rule().open(ServerOptions.of(1, CLIENTS), 2, data.partitions());
                Tensor sent = Tensor.create(1f, 1f);
                Tensor out = Tensor.create(0f, 0f)) {
            for (ModelUpdate update : updates) {
                mean.add(update);
            }
            mean.fold();
            mean.change(sent, out);
            return floats(out);
        }
    }

    @Test
    void shouldDependNeitherOnTheOrderOfClientsNorOnTheScaleOfTheirWeights() {
        ModelUpdate a = update(0, 0.3f, 1e-100, 3e-100);
        ModelUpdate b = update(1, -5, 7e-95, 7.7e-95);
        ModelUpdate c = update(2, 2, 0.1e-103, 9e-103);
        float[] expected = sum(a, b, c);
        assertThat(sum(b, c, a)).containsExactly(expected);
        assertThat(sum(c, b, a)).containsExactly(expected);
        double top = 1e-100 * (0.3 - 1) + 7e-95 * (-5 - 1) + 0.1e-103 * (2 - 1);
        assertThat((double) expected[0]).isCloseTo(top / (3e-100 + 7.7e-95 + 9e-103), within(1e-6));
    }

    /** Weights and bounds of all magnitudes that one round may have, with digits that a float does not hold. */
    @Test
    void shouldNotDependOnTheOrderOfManyClients() {
        SplittableRandom random = new SplittableRandom(9);
        List<ModelUpdate> updates = new ArrayList<>();
        for (int cid = 0; cid < 100; cid++) {
            double weight = Math.scalb(1 + random.nextDouble(), random.nextInt(-650, -590));
            double bound = Math.scalb(1 + random.nextDouble(), random.nextInt(-700, 1000));
            updates.add(update(cid, (float) (10 * random.nextDouble() - 5), weight, bound));
        }
        float[] expected = sum(updates.toArray(ModelUpdate[]::new));
        for (int seed = 0; seed < 20; seed++) {
            Collections.shuffle(updates, new Random(seed));
            assertThat(sum(updates.toArray(ModelUpdate[]::new))).containsExactly(expected);
        }
    }

    @Test
    void shouldRefuseTheSameLossesInAnyOrder() {
        ModelUpdate middle = update(1, 1, 1, 1);
        ModelUpdate high = update(2, 1, 0x1p40, 1);
        ModelUpdate low = update(3, 1, 0x1p-40, 1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sum(middle, high, low))
                .withMessageContaining("losses too far apart: client=3,");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sum(low, middle, high))
                .withMessageContaining("losses too far apart: client=2,");
    }

    @Test
    void shouldRefuseLossesThatNoSumHolds() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sum(update(0, 1, 1e-10, 1), update(3, 1, 1e10, 1)))
                .withMessage("losses too far apart: client=3, weight=1.0E10, limit=2^-60 to 2^60 times that of another"
                        + " client; lower q");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> sum(update(4, 1, Double.POSITIVE_INFINITY, 1)))
                .withMessage("number out of range: client=4, fair weight=Infinity, limit=above 0 and finite; lower q or"
                        + " the local learning rate");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Algorithms.qFedAvg(-1))
                .withMessage("fairness out of range: q=-1.0, limit=0 or more and finite");
    }
}

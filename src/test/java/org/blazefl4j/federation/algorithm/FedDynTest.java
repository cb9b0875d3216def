package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.algorithm.Quadratics.D;
import static org.blazefl4j.federation.algorithm.Quadratics.START;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.function.UnaryOperator;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.federation.AggregateTransform;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.ParameterMask;
import org.blazefl4j.federation.SteppedRun;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.torch.StepRule;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** FedDyn's rules and invariants. Clients keep {@code -g_k}. */
final class FedDynTest {

    private static final double ALPHA = 0.7;
    private static final int K = 6;

    private final Quadratics clients = Quadratics.random(5, K);

    @AfterEach
    void close() {
        clients.close();
    }

    private Federation half(int rounds, int steps, UnaryOperator<Federation> algorithm) {
        return clients.fedAvg(ServerOptions.of(rounds, K).withSampleRatio(0.5), steps, 0.2)
                .with(algorithm);
    }

    private double relativeWeight(int cid, Weighting weighting) {
        double[] weights = clients.weights(weighting);
        return weights[cid] * K / Arrays.stream(weights).sum();
    }

    /** Returns g_k. */
    private static double g(double[] kept, int i) {
        return kept.length == 0 ? 0 : -kept[i];
    }

    // ---- the invariant

    private void assertInvariant(SteppedRun run, Weighting weighting) {
        double[] h = run.kept(0);
        double[][] kept = run.ofClients("linear");
        for (int i = 0; i < D; i++) {
            double mean = 0;
            for (int cid = 0; cid < K; cid++) {
                mean += relativeWeight(cid, weighting) * g(kept[cid], i) / K;
            }
            assertThat(h[i]).as("element %d", i).isCloseTo(mean, within(1e-6));
        }
    }

    @ParameterizedTest
    @FieldSource("org.blazefl4j.federation.algorithm.Quadratics#WEIGHTINGS")
    void shouldKeepTheMeanOfAllClientsGradients(Weighting weighting, @TempDir Path folder) {
        Federation federation = half(20, 4, Algorithms.fedDyn(ALPHA, weighting));
        try (SteppedRun run = new SteppedRun(federation)) {
            for (int round = 0; round < 4; round++) {
                run.round();
                assertInvariant(run, weighting);
            }
            run.failRound();
            assertInvariant(run, weighting);
            List<Integer> cids = run.handler().sampleClients();
            assertThat(run.round(cids.get(0), cids.get(2))).hasSize(1);
            assertInvariant(run, weighting);
            try (SteppedRun next = run.resumed(federation, folder)) {
                assertThat(next.model()).containsExactly(run.model());
                next.round();
                run.round();
                assertInvariant(next, weighting);
                assertThat(next.model()).containsExactly(run.model());
                assertThat(next.kept(0)).containsExactly(run.kept(0));
                assertThat(next.handler().evaluate()).isEqualTo(run.handler().evaluate());
            }
        }
    }

    @Test
    void shouldChangeNothingIfARoundIsGivenUp() {
        Federation federation = half(20, 4, Algorithms.fedDyn(ALPHA));
        try (SteppedRun run = new SteppedRun(federation);
                SteppedRun plain = new SteppedRun(federation)) {
            for (int round = 0; round < 3; round++) {
                run.failRound();
                run.round();
                plain.round();
            }
            assertThat(run.model()).containsExactly(plain.model());
            assertThat(run.ofClients("linear")).isDeepEqualTo(plain.ofClients("linear"));
        }
    }

    // ---- the objective

    /** The loss of a client as the paper writes it. */
    private double objective(int cid, double strength, double[] w, double[] kept, double[] x) {
        double value = 0;
        for (int i = 0; i < D; i++) {
            double loss = clients.h(cid, i) / 2 * Math.pow(w[i] - clients.a(cid, i), 2);
            value += loss - g(kept, i) * w[i] + strength / 2 * Math.pow(w[i] - x[i], 2);
        }
        return value;
    }

    private double[] step(int cid, double strength, double[] w, double[] kept, double[] x) {
        double[] next = w.clone();
        double eps = 1e-4;
        for (int i = 0; i < D; i++) {
            double[] up = w.clone();
            double[] down = w.clone();
            up[i] += eps;
            down[i] -= eps;
            double slope = objective(cid, strength, up, kept, x) - objective(cid, strength, down, kept, x);
            next[i] -= 0.2 * slope / (2 * eps);
        }
        return next;
    }

    /** Two steps, because the pull is zero at the first. */
    @ParameterizedTest
    @FieldSource("org.blazefl4j.federation.algorithm.Quadratics#WEIGHTINGS")
    void shouldDescendAlongTheGradientOfThePapersObjective(Weighting weighting) {
        Federation federation = clients.fedAvg(3, 2, 0.2).with(Algorithms.fedDyn(ALPHA, weighting));
        try (SteppedRun run = new SteppedRun(federation)) {
            run.round();
            double[] x = run.model();
            double[][] before = run.ofClients("linear");
            run.round();
            double[][] after = run.ofClients("linear");
            for (int cid = 0; cid < K; cid++) {
                double strength = ALPHA / relativeWeight(cid, weighting);
                double[] expected = step(cid, strength, x, before[cid], x);
                expected = step(cid, strength, expected, before[cid], x);
                for (int i = 0; i < D; i++) {
                    double found = x[i] + (after[cid][i] - before[cid][i]) / strength;
                    assertThat(found).isCloseTo(expected[i], within(1e-5));
                }
            }
        }
    }

    @Test
    void shouldSolveTheProximalProblemAlongTheOwnGradient() {
        try (SteppedRun run = new SteppedRun(half(4, 30, Algorithms.fedDyn(ALPHA)))) {
            run.round();
            run.round();
            double[] x = run.model();
            double[][] before = run.ofClients("linear");
            List<Integer> cids = run.round();
            double[][] after = run.ofClients("linear");
            for (int cid : cids) {
                for (int i = 0; i < D; i++) {
                    double y = clients.proximal(cid, i, ALPHA, x[i], g(before[cid], i));
                    assertThat(g(after[cid], i)).isCloseTo(g(before[cid], i) - ALPHA * (y - x[i]), within(1e-4));
                    assertThat(g(after[cid], i)).isCloseTo(clients.gradient(cid, i, y), within(1e-4));
                }
            }
        }
    }

    // ---- the server

    @Test
    void shouldBeginAsFedProxAndMoveOnBeyondTheMean() {
        try (SteppedRun run = new SteppedRun(half(1, 5, Algorithms.fedDyn(ALPHA)));
                SteppedRun prox =
                        new SteppedRun(half(1, 5, Algorithms.fedProx(ALPHA)).weighting(Weighting.UNIFORM))) {
            run.round();
            prox.round();
            double[] mean = prox.model();
            double share = 3.0 / K;
            assertThat(run.model()).containsExactly(values(i -> mean[i] + share * (mean[i] - START)), within(1e-6));
            assertThat(run.handler().evaluate()).isEqualTo(prox.handler().evaluate());
            assertThat(run.evaluated()).containsExactly(mean);
            assertThat(prox.evaluated()).containsExactly(mean);
        }
    }

    /** Its clients become those of federated averaging; {@code h / alpha}, by which the server moves on, stays. */
    @Test
    void shouldBeginAsFederatedAveragingAsTheStrengthVanishes() {
        try (SteppedRun run = new SteppedRun(half(2, 5, Algorithms.fedDyn(1e-20)));
                SteppedRun plain = new SteppedRun(half(1, 5, federation -> federation.weighting(Weighting.UNIFORM)))) {
            run.round();
            plain.round();
            double[] mean = plain.model();
            assertThat(run.evaluated()).containsExactly(mean);
            double[] first = values(i -> mean[i] + 0.5 * (mean[i] - START));
            assertThat(run.model()).containsExactly(first, within(1e-6));
            double[] sent = run.model();
            run.round();
            double[] second = run.evaluated();
            double[] changes = values(i -> (mean[i] - START) + (second[i] - sent[i]));
            assertThat(run.model()).containsExactly(values(i -> second[i] + 0.5 * changes[i]), within(1e-6));
        }
    }

    @Test
    void shouldEvaluateTheMeanOfTransformedUpdates() {
        AggregateTransform quarter = (change, step) -> change.fill_(new Scalar(0.25));
        try (SteppedRun run =
                        new SteppedRun(half(1, 5, Algorithms.fedDyn(ALPHA)).aggregate(quarter));
                SteppedRun plain =
                        new SteppedRun(half(1, 5, federation -> federation).aggregate(quarter))) {
            run.round();
            plain.round();
            assertThat(run.handler().evaluate()).isEqualTo(plain.handler().evaluate());
            assertThat(run.model()).isNotEqualTo(plain.model());
        }
    }

    /** There no client moves: {@code g_k} is the gradient, and their mean is zero. */
    @ParameterizedTest
    @FieldSource("org.blazefl4j.federation.algorithm.Quadratics#WEIGHTINGS")
    void shouldComeToRestAtTheMinimiserHoweverMuchClientsDiffer(Weighting weighting) {
        try (Quadratics few = Quadratics.random(9, 3);
                SteppedRun run = new SteppedRun(few.fedAvg(30, 12, 0.3).with(Algorithms.fedDyn(ALPHA, weighting)));
                SteppedRun drifting = new SteppedRun(few.fedAvg(30, 12, 0.3).weighting(weighting))) {
            double[] weights = few.weights(weighting);
            double[] best = values(i -> few.minimiser(i, weights));
            repeat(2, drifting);
            assertThat(distance(drifting.model(), best)).isGreaterThan(0.05);
            repeat(10, run);
            double tenth = distance(run.model(), best);
            repeat(20, run);
            assertThat(distance(run.model(), best)).isLessThan(Math.max(1e-5, tenth * tenth / 10));
            assertThat(run.kept(0)).containsExactly(new double[D], within(1e-3));
            double[] x = run.model();
            double[][] kept = run.ofClients("linear");
            for (int cid = 0; cid < 3; cid++) {
                for (int i = 0; i < D; i++) {
                    assertThat(g(kept[cid], i)).isCloseTo(few.gradient(cid, i, x[i]), within(1e-3));
                }
            }
        }
    }

    private static void repeat(int rounds, SteppedRun run) {
        for (int round = 0; round < rounds; round++) {
            run.round();
        }
    }

    private static double distance(double[] from, double[] to) {
        double squares = 0;
        for (int i = 0; i < D; i++) {
            squares += Math.pow(from[i] - to[i], 2);
        }
        return Math.sqrt(squares);
    }

    private static double[] values(IntToDoubleFunction formula) {
        double[] values = new double[D];
        for (int i = 0; i < D; i++) {
            values[i] = formula.applyAsDouble(i);
        }
        return values;
    }

    // ---- with other parts

    @Test
    void shouldMoveNothingInARoundWithoutClients() {
        Federation federation = half(3, 3, Algorithms.fedDyn(ALPHA))
                .sampler(draw -> draw.round() == 1 ? List.of() : List.of(0, 4))
                .aggregate((change, step) -> {});
        try (SteppedRun run = new SteppedRun(federation)) {
            run.round();
            double[] model = run.model();
            var evaluation = run.handler().evaluate();
            run.round();
            assertThat(run.model()).containsExactly(model);
            assertThat(run.handler().evaluate()).isEqualTo(evaluation);
            run.round();
            assertInvariant(run, Weighting.UNIFORM);
        }
    }

    @Test
    void shouldLeaveBuffersAndPersonalPartsOutOfWhatIsSummed() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation federation = fedAvg(Tiny.CONVOLUTION, data, 4)
                    .with(Algorithms.fedDyn(ALPHA))
                    .personal(ParameterMask.named("fc.*"));
            try (SteppedRun run = new SteppedRun(federation)) {
                double[] before = run.model();
                for (int round = 0; round < 4; round++) {
                    run.round();
                }
                double[] h = run.kept(0);
                double[][] kept = run.ofClients("linear");
                for (int i = 0; i < h.length; i++) {
                    double mean = 0;
                    for (double[] linear : kept) {
                        mean += g(linear, i) / CLIENTS;
                    }
                    assertThat(h[i]).isCloseTo(mean, within(1e-6));
                    if (i >= 24) { // buffers, then the personal layer
                        assertThat(mean).isZero();
                    }
                }
                assertThat(run.model()[30]).isEqualTo(before[30]);
                assertThat(run.model()[0]).isNotEqualTo(before[0]);
            }
        }
    }

    @Test
    void shouldKeepMomentsBesideTheOwnGradient() {
        LocalOptions adam = LocalOptions.of(new SgdOptions(2, 4, 0.05)).withRule(StepRule.adamW());
        Federation federation = half(3, 4, Algorithms.fedDyn(ALPHA));
        assertThat(hashes(federation.local(adam.withKeepState(true)))).isNotEqualTo(hashes(federation.local(adam)));
        try (SteppedRun run = new SteppedRun(federation.local(adam.withKeepState(true)))) {
            run.round();
            run.round();
            assertInvariant(run, Weighting.UNIFORM);
            assertThat(Arrays.stream(run.ofClients("optimizer first"))).anyMatch(moment -> moment.length == D);
        }
    }

    @Test
    void shouldRefuseAStrengthOfZero() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Algorithms.fedDyn(0))
                .withMessage("regularisation out of range: alpha=0.0, limit=above 0 and finite");
    }

    /** What is kept says whose it is: federated averaging would never evaluate anything but the old mean. */
    @Test
    void shouldNotBeContinuedByAnAlgorithmThatKeepsLess(@TempDir Path folder) {
        try (SteppedRun run = new SteppedRun(half(3, 1, Algorithms.fedDyn(ALPHA)))) {
            run.round();
            assertThatThrownBy(() -> run.resumed(half(3, 1, federation -> federation), folder))
                    .hasMessageContaining(
                            "found=state of another algorithm: parts=MeanAggregator, expected=MeanAggregator, DynamicServer;"
                                    + " resume with the aggregation and the server optimizer that were saved");
            assertThatThrownBy(() -> run.resumed(
                            half(3, 1, each -> each.serverOptimizer(ServerOptimizers.sgd(1, 0.9))),
                            folder.resolve("other")))
                    .hasMessageContaining(
                            "parts=MeanAggregator, ServerMomentum, expected=MeanAggregator, DynamicServer;");
        }
    }
}

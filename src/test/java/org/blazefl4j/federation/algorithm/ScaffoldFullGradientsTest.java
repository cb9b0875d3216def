package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.algorithm.Quadratics.D;

import java.util.Arrays;
import java.util.List;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.ParameterMask;
import org.blazefl4j.federation.SteppedRun;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.torch.StepRule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** SCAFFOLD, option I: control variates are gradients of all samples at the received model. */
final class ScaffoldFullGradientsTest {

    private static final int K = 6;

    private final Quadratics clients = Quadratics.random(5, K);

    @AfterEach
    void close() {
        clients.close();
    }

    private Federation half(int steps) {
        return clients.fedAvg(ServerOptions.of(20, K).withSampleRatio(0.5), steps, 0.2);
    }

    @Test
    void shouldEqualOptionTwoAfterOneStepOverAllSamples() {
        Federation one = half(1).with(Algorithms.scaffoldWithFullGradients(0.9, Weighting.BY_SAMPLES));
        Federation two = half(1).with(Algorithms.scaffold(0.9, Weighting.BY_SAMPLES));
        try (SteppedRun first = new SteppedRun(one);
                SteppedRun second = new SteppedRun(two)) {
            for (int round = 0; round < 4; round++) {
                first.round();
                second.round();
                assertThat(first.model()).containsExactly(second.model(), within(1e-5));
                double[][] found = first.ofClients("control");
                double[][] expected = second.ofClients("control");
                for (int cid = 0; cid < K; cid++) {
                    assertThat(found[cid]).containsExactly(expected[cid], within(1e-5));
                }
            }
        }
    }

    @Test
    void shouldKeepTheGradientOfTheReceivedModel() {
        try (SteppedRun run =
                new SteppedRun(half(5).with(Algorithms.scaffoldWithFullGradients(1, Weighting.UNIFORM)))) {
            double[][] last = new double[K][0];
            for (int round = 0; round < 4; round++) {
                double[] x = run.model();
                List<Integer> cids = run.round(0);
                double[][] kept = run.ofClients("control");
                for (int cid = 0; cid < K; cid++) {
                    if (cids.contains(cid)) {
                        assertThat(kept[cid]).containsExactly(gradient(cid, x), within(1e-5));
                    } else {
                        assertThat(kept[cid]).containsExactly(last[cid]);
                    }
                }
                last = kept;
            }
        }
    }

    private double[] gradient(int cid, double[] x) {
        double[] gradient = new double[D];
        Arrays.setAll(gradient, i -> clients.gradient(cid, i, x[i]));
        return gradient;
    }

    @ParameterizedTest
    @FieldSource("org.blazefl4j.federation.algorithm.Quadratics#WEIGHTINGS")
    void shouldReachTheMinimiserHoweverMuchClientsDiffer(Weighting weighting) {
        try (Quadratics few = Quadratics.random(9, 3);
                SteppedRun run = new SteppedRun(
                        few.fedAvg(60, 5, 0.1).with(Algorithms.scaffoldWithFullGradients(1, weighting)))) {
            for (int round = 0; round < 60; round++) {
                run.round();
            }
            double[] weights = few.weights(weighting);
            double[] best = new double[D];
            Arrays.setAll(best, i -> few.minimiser(i, weights));
            assertThat(run.model()).containsExactly(best, within(1e-4));
        }
    }

    @Test
    void shouldWeighByWhatIsKnownBeforeTraining() {
        Weighting changing = (dataSize, numbers) -> numbers.isEmpty() ? dataSize : -1;
        assertThat(hashes(half(1).with(Algorithms.scaffold(1, changing))))
                .isEqualTo(hashes(half(1).with(Algorithms.scaffold(1, Weighting.BY_SAMPLES))));
    }

    /** Steps say nothing of gradients then, but option I does not ask them. */
    @Test
    void shouldTrainByOptimizersThatOptionTwoRefuses() {
        LocalOptions adam = LocalOptions.of(new SgdOptions(1, 4, 0.01))
                .withRule(StepRule.adamW())
                .withKeepState(true);
        Federation federation = half(1).local(adam).with(Algorithms.scaffoldWithFullGradients(1, Weighting.UNIFORM));
        try (SteppedRun run = new SteppedRun(federation)) {
            double[] x = run.model();
            for (int cid : run.round()) {
                assertThat(run.ofClients("control")[cid]).containsExactly(gradient(cid, x), within(1e-5));
            }
        }
    }

    @Test
    void shouldLeavePersonalPartsUncorrected() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation federation = fedAvg(Tiny.CONVOLUTION, data, 2).personal(ParameterMask.named("fc.*"));
            for (var algorithm : List.of(
                    Algorithms.scaffold(1, Weighting.BY_SAMPLES),
                    Algorithms.scaffoldWithFullGradients(1, Weighting.BY_SAMPLES))) {
                try (SteppedRun run = new SteppedRun(federation.with(algorithm))) {
                    for (int cid : run.round()) {
                        double[] control = run.ofClients("control")[cid];
                        for (int i = 0; i < control.length; i++) {
                            if (i >= 24) { // buffers, then the personal layer
                                assertThat(control[i]).isZero();
                            }
                        }
                        assertThat(control[0]).isNotZero();
                    }
                }
            }
        }
    }
}

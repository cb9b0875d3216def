package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.initial;
import static org.blazefl4j.federation.FederationRuns.model;
import static org.blazefl4j.federation.FederationRuns.own;
import static org.blazefl4j.federation.algorithm.Quadratics.D;
import static org.blazefl4j.federation.algorithm.Quadratics.START;

import java.util.Arrays;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.federation.ParameterMask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** APFL's mixtures follow their formula, and leave the global model alone. */
final class ApflTest {

    private static final double LR = 0.1;
    private static final int STEPS = 3;
    private static final int ROUNDS = 3;

    @Test
    void shouldLeaveTheBitsOfFederatedAveraging() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation fedAvg = fedAvg(Tiny.CONVOLUTION, data, ROUNDS);
            for (double share : new double[] {0.25, 1}) {
                assertThat(hashes(fedAvg.with(PersonalAlgorithms.apfl(share, share < 1))))
                        .as("share=%s", share)
                        .isEqualTo(hashes(fedAvg));
            }
            assertThat(fedAvg.with(PersonalAlgorithms.apfl(0, false))).isSameAs(fedAvg);
        }
    }

    @Test
    void shouldTrainAloneIfTheMixtureIsTheClientsOwnModel() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation fedAvg = fedAvg(Tiny.LINEAR, data, ROUNDS);
            assertThat(own(fedAvg.with(PersonalAlgorithms.apfl(1, false))))
                    .isDeepEqualTo(own(fedAvg.personal(ParameterMask.named("*"))));
        }
    }

    /** Gives the client's part instead of the mixture. */
    record Part(Apfl apfl) implements LocalObjective {

        @Override
        public void train(LocalRun run) {
            apfl.train(run);
        }

        @Override
        public void personalise(LocalRun run) {
            new Apfl(1, false).personalise(run);
        }
    }

    @Test
    void shouldNeverMoveAPartThatHasNoShare() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation fedAvg = fedAvg(Tiny.LINEAR, data, ROUNDS);
            Apfl none = new Apfl(0, false);
            for (float[] part : own(fedAvg.objective(new Part(none)))) {
                assertThat(part).containsExactly(initial(fedAvg));
            }
            for (float[] mixture : own(fedAvg.objective(none))) {
                assertThat(mixture).containsExactly(model(fedAvg));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldFollowItsFormula(boolean adaptive) {
        try (Quadratics clients = Quadratics.random(6, 3)) {
            float[][] found = own(clients.fedAvg(ROUNDS, STEPS, LR).with(PersonalAlgorithms.apfl(0.4, adaptive)));
            double[][] expected = expected(clients, 0.4, adaptive);
            for (int cid = 0; cid < clients.clients(); cid++) {
                for (int i = 0; i < D; i++) {
                    assertThat(found[cid][i]).isCloseTo((float) expected[cid][i], within(1e-5f));
                }
            }
        }
    }

    /** Returns each client's mixture after all rounds. */
    private static double[][] expected(Quadratics clients, double first, boolean adaptive) {
        int count = clients.clients();
        double[] x = filled();
        double[][] v = new double[count][];
        double[] share = new double[count];
        for (int cid = 0; cid < count; cid++) {
            v[cid] = filled();
            share[cid] = first;
        }
        for (int round = 0; round < ROUNDS; round++) {
            double[] sum = new double[D];
            double all = 0;
            for (int cid = 0; cid < count; cid++) {
                double[] w = x.clone();
                for (int step = 0; step < STEPS; step++) {
                    double a = share[cid];
                    double slope = 0;
                    for (int i = 0; i < D; i++) {
                        double gradient = clients.gradient(cid, i, a * v[cid][i] + (1 - a) * w[i]);
                        slope += gradient * (v[cid][i] - w[i]);
                        v[cid][i] -= LR * a * gradient;
                        w[i] -= LR * clients.gradient(cid, i, w[i]);
                    }
                    share[cid] = adaptive ? Math.min(1, Math.max(0, a - LR * slope)) : a;
                }
                for (int i = 0; i < D; i++) {
                    sum[i] += clients.size(cid) * w[i];
                }
                all += clients.size(cid);
            }
            for (int i = 0; i < D; i++) {
                x[i] = sum[i] / all;
            }
        }
        for (int cid = 0; cid < count; cid++) {
            for (int i = 0; i < D; i++) {
                v[cid][i] = share[cid] * v[cid][i] + (1 - share[cid]) * x[i];
            }
        }
        return v;
    }

    private static double[] filled() {
        double[] values = new double[D];
        Arrays.fill(values, START);
        return values;
    }

    @Test
    void shouldRefuseSharesThatAreNone() {
        assertThatThrownBy(() -> PersonalAlgorithms.apfl(1.5, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("share of the client's own model out of range: share=1.5, limit=[0, 1]");
    }
}

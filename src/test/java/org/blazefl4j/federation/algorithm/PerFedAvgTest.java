package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.model;
import static org.blazefl4j.federation.FederationRuns.own;
import static org.blazefl4j.federation.algorithm.Quadratics.START;
import static org.blazefl4j.federation.algorithm.Quadratics.expected;

import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.federation.Federation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Per-FedAvg descends the loss after an inner step. */
final class PerFedAvgTest {

    private static final double ALPHA = 0.3;
    private static final double BETA = 0.1;

    @Test
    void shouldBeFederatedAveragingOnTheOuterBatchesWithoutAnInnerStep() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation fedAvg = fedAvg(Tiny.CONVOLUTION, data, 3);
            assertThat(fedAvg.with(PersonalAlgorithms.perFedAvg(0))).isSameAs(fedAvg);
            assertThat(hashes(fedAvg.objective(new PerFedAvg(0, 0)))).isEqualTo(hashes(fedAvg));
            assertThat(hashes(fedAvg.objective(new PerFedAvg(0, 1e-3)))).isEqualTo(hashes(fedAvg));
        }
    }

    /** The Hessian of a quadratic is h, so the exact gradient of F(w - alpha g(w)) is (1 - alpha h) u. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 0.01})
    void shouldFollowTheGradientAfterTheInnerStep(double delta) {
        try (Quadratics clients = Quadratics.random(11, 3)) {
            float[] found = model(clients.fedAvg(1, 2, BETA).with(PersonalAlgorithms.perFedAvg(ALPHA, delta)));
            assertThat(found)
                    .containsExactly(
                            expected(i -> {
                                double sum = 0;
                                double all = 0;
                                for (int cid = 0; cid < clients.clients(); cid++) {
                                    double w = START;
                                    for (int step = 0; step < 2; step++) {
                                        double u = clients.gradient(cid, i, w - ALPHA * clients.gradient(cid, i, w));
                                        w -= BETA * (delta > 0 ? (1 - ALPHA * clients.h(cid, i)) * u : u);
                                    }
                                    sum += clients.size(cid) * w;
                                    all += clients.size(cid);
                                }
                                return sum / all;
                            }),
                            within(2e-5f));
        }
    }

    @Test
    void shouldGiveClientsTheReceivedModelAfterOneStep() {
        try (Quadratics clients = Quadratics.random(12, 3)) {
            Federation federation = clients.fedAvg(2, 2, BETA).with(PersonalAlgorithms.perFedAvg(ALPHA));
            float[] x = model(federation);
            float[][] found = own(federation);
            for (int cid = 0; cid < clients.clients(); cid++) {
                int client = cid;
                assertThat(found[cid])
                        .containsExactly(
                                expected(i -> x[i] - ALPHA * clients.gradient(client, i, x[i])), within(1e-6f));
            }
        }
    }

    @Test
    void shouldRefuseRatesBelowZero() {
        assertThatThrownBy(() -> PersonalAlgorithms.perFedAvg(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("rate of the inner step out of range: alpha=-1.0, limit=0 or more and finite");
        assertThatThrownBy(() -> PersonalAlgorithms.perFedAvg(0.1, Double.NaN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("difference out of range: delta=NaN, limit=0 or more and finite");
    }

    /** Gradients of other units would differ by much more than delta. */
    @Test
    void shouldDropTheSameUnitsOnBothSidesOfADifference() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation fedAvg = fedAvg(Tiny.CONVOLUTION, data, 1);
            float[] without = model(fedAvg.with(PersonalAlgorithms.perFedAvg(1e-3)));
            float[] with = model(fedAvg.with(PersonalAlgorithms.perFedAvg(1e-3, 1e-3)));
            assertThat(with).isNotEqualTo(without).containsExactly(without, within(1e-2f));
        }
    }
}

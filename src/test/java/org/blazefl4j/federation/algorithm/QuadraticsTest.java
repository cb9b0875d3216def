package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.model;
import static org.blazefl4j.federation.algorithm.Quadratics.D;
import static org.blazefl4j.federation.algorithm.Quadratics.START;
import static org.blazefl4j.federation.algorithm.Quadratics.expected;

import org.blazefl4j.federation.Weighting;
import org.junit.jupiter.api.Test;

/** The quadratic clients have the gradients and minimisers that they say. */
final class QuadraticsTest {

    @Test
    void shouldTakeOneStepAlongTheMeanGradient() {
        try (Quadratics clients = Quadratics.random(1, 5)) {
            float[] found = model(clients.fedAvg(1, 1, 0.1));
            float[] expected = expected(i -> {
                double sum = 0;
                double all = 0;
                for (int cid = 0; cid < clients.clients(); cid++) {
                    sum += clients.size(cid) * clients.gradient(cid, i, START);
                    all += clients.size(cid);
                }
                return START - 0.1 * sum / all;
            });
            assertThat(found).containsExactly(expected, within(1e-6f));
        }
    }

    @Test
    void shouldReachTheMinimiserOfTheMeanByOneStepARound() {
        try (Quadratics clients = Quadratics.random(2, 3)) {
            float[] found = model(clients.fedAvg(60, 1, 0.5));
            assertThat(found)
                    .hasSize(D)
                    .containsExactly(
                            expected(i -> clients.minimiser(i, clients.weights(Weighting.BY_SAMPLES))), within(1e-5f));
        }
    }
}

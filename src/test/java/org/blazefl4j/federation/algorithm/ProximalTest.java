package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.model;
import static org.blazefl4j.federation.algorithm.Quadratics.D;
import static org.blazefl4j.federation.algorithm.Quadratics.START;
import static org.blazefl4j.federation.algorithm.Quadratics.expected;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationRuns;
import org.blazefl4j.federation.LocalTraining;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** FedProx: federated averaging without a pull, and proximal points with one. */
final class ProximalTest {

    private final Quadratics clients = Quadratics.random(5, 4);

    @AfterEach
    void close() {
        clients.close();
    }

    /** Returns the mean of what clients end with, by samples. */
    private double mean(ByClient end) {
        double sum = 0;
        double all = 0;
        for (int cid = 0; cid < clients.clients(); cid++) {
            sum += clients.size(cid) * end.of(cid);
            all += clients.size(cid);
        }
        return sum / all;
    }

    private interface ByClient {
        double of(int cid);
    }

    /** Returns where a client ends that takes some steps from START. */
    private double descend(int cid, int i, long steps, double lr, double mu) {
        double w = START;
        for (long step = 0; step < steps; step++) {
            w -= lr * (clients.gradient(cid, i, w) + mu * (w - START));
        }
        return w;
    }

    // ---- federated averaging

    @Test
    void shouldBeFederatedAveragingWithoutAPull() {
        Federation fedAvg = clients.fedAvg(2, 3, 0.1);
        assertThat(fedAvg.with(Algorithms.fedProx(0))).isSameAs(fedAvg);
        assertThat(hashes(fedAvg.objective(new Proximal(0)))).isEqualTo(hashes(fedAvg));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 1, 1000})
    void shouldEqualFederatedAveragingOfSingleSteps(double mu) {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation fedAvg = FederationRuns.fedAvg(Tiny.CONVOLUTION, data, 2).local(new SgdOptions(1, 100, 0.05));
            assertThat(hashes(fedAvg.with(Algorithms.fedProx(mu)))).isEqualTo(hashes(fedAvg));
        }
    }

    // ---- the proximal objective

    @Test
    void shouldDescendTheGradientOfTheProximalObjective() {
        double lr = 0.05;
        double mu = 0.7;
        try (Quadratics one = Quadratics.random(6, 1)) {
            var prox = Algorithms.fedProx(mu);
            float[] before = model(one.fedAvg(1, 2, lr).with(prox));
            float[] after = model(one.fedAvg(1, 3, lr).with(prox));
            for (int i = 0; i < D; i++) {
                double step = 1e-4;
                double slope = (objective(one, i, before[i] + step, mu) - objective(one, i, before[i] - step, mu))
                        / (2 * step);
                assertThat((before[i] - after[i]) / lr).as("element %d", i).isCloseTo(slope, within(2e-5));
            }
        }
    }

    private static double objective(Quadratics one, int i, double w, double mu) {
        double loss = one.h(0, i) * (w - one.a(0, i)) * (w - one.a(0, i)) / 2;
        return loss + mu / 2 * (w - START) * (w - START);
    }

    @Test
    void shouldEndAtTheProximalPointsOfClientsThatSolveExactly() {
        double mu = 0.8;
        float[] found = model(clients.fedAvg(1, 150, 0.3).with(Algorithms.fedProx(mu)));
        assertThat(found)
                .containsExactly(expected(i -> mean(cid -> clients.proximal(cid, i, mu, START, 0))), within(1e-5f));
    }

    @Test
    void shouldHoldClientsNearTheReceivedModelByAStrongPull() {
        double mu = 1e4;
        float[] found = model(clients.fedAvg(1, 20, 1 / mu).with(Algorithms.fedProx(mu)));
        for (float value : found) {
            assertThat(value).isCloseTo(START, within(4e-4f)); // |h (a - x)| / mu, with h at most 2
        }
        assertThat(model(clients.fedAvg(1, 20, 0.1))[0]).isNotCloseTo(START, within(0.01f));
    }

    // ---- stragglers

    /** Samples all clients, and learns how far they came. */
    private static final class Steps implements ClientSampler {

        private final Map<Integer, Double> normalisers = new TreeMap<>();

        @Override
        public List<Integer> sample(Draw draw) {
            return draw.candidates();
        }

        @Override
        public void completed(Outcome outcome) {
            assertThat(outcome.dropped()).isEmpty();
            outcome.numbers().forEach((cid, numbers) -> normalisers.put(cid, numbers.get(LocalTraining.NORMALISER)));
        }
    }

    /** Where federated averaging would drop them. */
    @Test
    void shouldKeepWhatStragglersDid() {
        double lr = 0.05;
        double mu = 0.5;
        Steps steps = new Steps();
        Federation some = clients.fedAvg(1, 20, lr).with(Algorithms.fedProx(mu)).sampler(steps);
        float[] found = model(some.local(some.local().withStragglers(1)));
        Map<Integer, Long> taken = new TreeMap<>();
        steps.normalisers.forEach((cid, normaliser) -> taken.put(cid, steps(normaliser, lr * mu)));
        assertThat(taken).hasSize(4);
        assertThat(taken.values()).allMatch(count -> count >= 1 && count <= 20);
        assertThat(Set.copyOf(taken.values())).hasSizeGreaterThan(1);
        float[] expected = expected(i -> mean(cid -> descend(cid, i, taken.get(cid), lr, mu)));
        assertThat(found).containsExactly(expected, within(1e-5f));
    }

    /** Returns the steps of a normaliser (1 - (1 - alpha)^steps) / alpha. */
    private static long steps(double normaliser, double alpha) {
        return Math.round(Math.log(1 - alpha * normaliser) / Math.log(1 - alpha));
    }

    @Test
    void shouldRefuseAStrengthOutOfRange() {
        for (double wrong : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> Algorithms.fedProx(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("proximal strength out of range: mu=" + wrong + ", limit=0 or more and finite");
        }
    }
}

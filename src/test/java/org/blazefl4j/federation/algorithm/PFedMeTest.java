package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.model;
import static org.blazefl4j.federation.FederationRuns.own;
import static org.blazefl4j.federation.algorithm.Quadratics.START;
import static org.blazefl4j.federation.algorithm.Quadratics.expected;

import java.util.function.DoubleUnaryOperator;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.torch.StepRule;
import org.junit.jupiter.api.Test;

/** pFedMe descends Moreau envelopes, whose gradients are known for quadratics. */
final class PFedMeTest {

    private static final double LAMBDA = 4;

    /** Returns the mean over clients of what each makes of START, by samples. */
    private static double mean(Quadratics clients, ClientStep step) {
        double sum = 0;
        double all = 0;
        for (int cid = 0; cid < clients.clients(); cid++) {
            int client = cid;
            sum += clients.size(cid) * step.of(client);
            all += clients.size(cid);
        }
        return sum / all;
    }

    private interface ClientStep {
        double of(int cid);
    }

    private static double repeat(int times, double from, DoubleUnaryOperator step) {
        double value = from;
        for (int i = 0; i < times; i++) {
            value = step.applyAsDouble(value);
        }
        return value;
    }

    /** The gradient of the envelope at w is lambda (w - prox(w)). */
    @Test
    void shouldStepAlongTheGradientOfTheEnvelope() {
        double lr = 0.05;
        try (Quadratics clients = Quadratics.random(7, 4)) {
            float[] found = model(clients.fedAvg(1, 2, lr).with(PersonalAlgorithms.pFedMe(LAMBDA, 60, 0.15, 1)));
            assertThat(found)
                    .containsExactly(
                            expected(i -> mean(
                                    clients,
                                    cid -> repeat(
                                            2,
                                            START,
                                            w -> w - lr * LAMBDA * (w - clients.proximal(cid, i, LAMBDA, w, 0))))),
                            within(1e-5f));
        }
    }

    /** The first step of theta is lr * rate * lambda of the gradient; the server goes 1.5 of the way. */
    @Test
    void shouldBeFederatedAveragingAtAnotherRateWithOneStepOfThePersonalModel() {
        double lr = 0.5;
        double rate = 0.1;
        try (Quadratics clients = Quadratics.random(8, 4)) {
            float[] found = model(clients.fedAvg(1, 3, lr).with(PersonalAlgorithms.pFedMe(LAMBDA, 1, rate, 1.5)));
            float[] fedAvg = model(clients.fedAvg(1, 3, lr * rate * LAMBDA));
            assertThat(found).containsExactly(expected(i -> START + 1.5 * (fedAvg[i] - START)), within(1e-6f));
        }
    }

    /** With lr * lambda = 1 a step ends at theta. */
    @Test
    void shouldEndAtThePersonalModelIfTheStepIsAsLong() {
        try (Quadratics clients = Quadratics.random(9, 1)) {
            float[] found =
                    model(clients.fedAvg(1, 1, 1 / LAMBDA).with(PersonalAlgorithms.pFedMe(LAMBDA, 60, 0.15, 1)));
            assertThat(found).containsExactly(expected(i -> clients.proximal(0, i, LAMBDA, START, 0)), within(1e-5f));
        }
    }

    @Test
    void shouldGiveClientsTheProximalPointOfTheReceivedModel() {
        try (Quadratics clients = Quadratics.random(10, 3)) {
            var federation = clients.fedAvg(1, 60, 0.001).with(PersonalAlgorithms.pFedMe(LAMBDA, 1, 0.15, 1));
            float[] x = model(federation);
            float[][] found = own(federation);
            for (int cid = 0; cid < clients.clients(); cid++) {
                int client = cid;
                assertThat(found[cid])
                        .containsExactly(expected(i -> clients.proximal(client, i, LAMBDA, x[i], 0)), within(1e-5f));
            }
        }
    }

    @Test
    void shouldRefuseWhatIsNotAboveZero() {
        assertThatThrownBy(() -> PersonalAlgorithms.pFedMe(LAMBDA, 0, 0.1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("too few steps of the personal model: steps=0, limit=1 or more");
        assertThatThrownBy(() -> PersonalAlgorithms.pFedMe(0, 1, 0.1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("lambda=0.0");
    }

    @Test
    void shouldNotMoveThePersonalModelByMomentsOfTheSharedOne() {
        try (Quadratics clients = Quadratics.random(11, 3)) {
            Federation pFedMe = clients.fedAvg(1, 5, 0.05).with(PersonalAlgorithms.pFedMe(LAMBDA, 2, 0.05, 1));
            LocalOptions momentum = pFedMe.local().withRule(StepRule.sgd().withMomentum(0.5));
            assertThat(own(pFedMe.local(momentum.withKeepState(true)))).isDeepEqualTo(own(pFedMe.local(momentum)));
        }
    }
}

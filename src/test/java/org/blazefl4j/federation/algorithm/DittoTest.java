package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.initial;
import static org.blazefl4j.federation.FederationRuns.own;
import static org.blazefl4j.federation.algorithm.Quadratics.D;
import static org.blazefl4j.federation.algorithm.Quadratics.START;

import java.util.Arrays;
import java.util.List;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.ParameterMask;
import org.blazefl4j.torch.StepRule;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.Test;

/** Ditto's personal models follow their formula, and leave the global model alone. */
final class DittoTest {

    @Test
    void shouldLeaveTheBitsOfFederatedAveraging() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Federation fedAvg = fedAvg(Tiny.CONVOLUTION, data, 3);
            fedAvg = fedAvg.local(fedAvg.local()
                    .withRule(StepRule.sgd().withMomentum(0.9))
                    .withKeepState(true)
                    .withStragglers(0.5));
            for (double lambda : new double[] {0, 0.1, 2}) {
                assertThat(hashes(fedAvg.with(PersonalAlgorithms.ditto(lambda))))
                        .as("lambda=%s", lambda)
                        .isEqualTo(hashes(fedAvg));
            }
        }
    }

    @Test
    void shouldTrainAloneWithoutAPull() {
        try (Quadratics clients = Quadratics.random(3, 4)) {
            Federation fedAvg = clients.fedAvg(3, 5, 0.1);
            assertThat(own(fedAvg.with(PersonalAlgorithms.ditto(0))))
                    .isDeepEqualTo(own(fedAvg.personal(ParameterMask.named("*"))));
        }
    }

    /** v_k -= lr * (h (v_k - a) + lambda (v_k - x)), where x is the model that the round began with. */
    @Test
    void shouldBePulledToTheReceivedModel() {
        double lr = 0.1;
        double lambda = 0.7;
        int steps = 3;
        int rounds = 3;
        try (Quadratics clients = Quadratics.random(4, 4)) {
            float[][] found = own(clients.fedAvg(rounds, steps, lr).with(PersonalAlgorithms.ditto(lambda)));
            for (int i = 0; i < D; i++) {
                double x = START;
                double[] own = new double[clients.clients()];
                Arrays.fill(own, START);
                for (int round = 0; round < rounds; round++) {
                    double sum = 0;
                    double all = 0;
                    for (int cid = 0; cid < own.length; cid++) {
                        double y = x;
                        for (int step = 0; step < steps; step++) {
                            y -= lr * clients.gradient(cid, i, y);
                            own[cid] -= lr * (clients.gradient(cid, i, own[cid]) + lambda * (own[cid] - x));
                        }
                        sum += clients.size(cid) * y;
                        all += clients.size(cid);
                    }
                    x = sum / all;
                }
                for (int cid = 0; cid < own.length; cid++) {
                    assertThat(found[cid][i]).isCloseTo((float) own[cid], within(1e-5f));
                }
            }
        }
    }

    /** Without a gradient one step moves by lr * lambda of the way; the server moves its model by 1 in each round. */
    @Test
    void shouldReachTheReceivedModelInOneStepOfThePullsLength() {
        float[][] nothing = new float[2][D];
        try (Quadratics flat = new Quadratics(nothing, nothing, 1, 1)) {
            Federation moving = flat.fedAvg(3, 1, 0.5).aggregate((change, step) -> change.fill_(new Scalar(1)));
            assertThat(own(moving.with(PersonalAlgorithms.ditto(2)))[1]).containsOnly(START + 2);
            assertThat(own(moving.with(PersonalAlgorithms.ditto(1)))[1]).containsOnly(START + 1.25f);
        }
    }

    @Test
    void shouldKeepModelsOfClientsThatWereNotSampled() {
        try (Quadratics clients = Quadratics.random(5, 3)) {
            Federation once = clients.fedAvg(1, 2, 0.1)
                    .sampler(draw -> List.of(draw.round()))
                    .with(PersonalAlgorithms.ditto(0.5));
            Federation twice = clients.fedAvg(2, 2, 0.1)
                    .sampler(draw -> List.of(draw.round()))
                    .with(PersonalAlgorithms.ditto(0.5));
            assertThat(own(twice)[0]).containsExactly(own(once)[0]).isNotEqualTo(initial(once));
            assertThat(own(twice)[1]).isNotEqualTo(initial(once));
            assertThat(own(twice)[2]).containsExactly(initial(once));
        }
    }

    @Test
    void shouldRefusePullsBelowZero() {
        assertThatThrownBy(() -> PersonalAlgorithms.ditto(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("pull out of range: lambda=-1.0, limit=0 or more and finite");
    }
}

package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.initial;
import static org.blazefl4j.federation.FederationRuns.model;
import static org.blazefl4j.federation.FederationRuns.own;

import java.util.Arrays;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.ParameterMask;
import org.blazefl4j.federation.SteppedRun;
import org.blazefl4j.torch.StepRule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** FedRep and FedBABU: what a phase freezes stays as it is. */
final class PhasesTest {

    private static final ParameterMask HEAD = ParameterMask.lastLayers(1);

    /** Where the convolution's head begins. */
    private static final int FC = 29;

    private final TinyData data = TinyData.evenly(60, CLIENTS);
    private final Federation fedAvg = fedAvg(Tiny.CONVOLUTION, data, 3);

    @AfterEach
    void close() {
        data.close();
    }

    @Test
    void shouldEqualFedPerIfHeadAndBodyAreTrainedTogether() {
        Federation together = fedAvg.personal(HEAD)
                .objective(Phases.of(
                        new Phases.Phase("", ParameterMask.NONE, 1), new Phases.Phase("", ParameterMask.NONE, 1)));
        Federation fedPer = fedAvg.with(PersonalAlgorithms.fedPer(HEAD)); // two epochs
        assertThat(hashes(together)).isEqualTo(hashes(fedPer));
        assertThat(own(together)).isDeepEqualTo(own(fedPer));
        assertThat(hashes(fedAvg.with(PersonalAlgorithms.fedRep(HEAD, 1)))).isNotEqualTo(hashes(fedPer));
    }

    @Test
    void shouldBeFederatedAveragingWithoutAHead() {
        assertThat(fedAvg.with(PersonalAlgorithms.fedRep(ParameterMask.NONE, 1)))
                .isSameAs(fedAvg);
        assertThat(fedAvg.with(PersonalAlgorithms.fedBabu(ParameterMask.NONE))).isSameAs(fedAvg);
        Federation unelided = fedAvg.objective(Phases.of(new Phases.Phase("", ParameterMask.NONE, 0)));
        assertThat(hashes(unelided)).isEqualTo(hashes(fedAvg));
    }

    @Test
    void shouldTrainTheHeadWhileTheBodyIsFrozenWithItsStatistics() {
        Federation headOnly =
                fedAvg.personal(HEAD).objective(Phases.of(new Phases.Phase("", new Phases.Rest(HEAD), 1)));
        float[] before = initial(headOnly);
        for (float[] values : own(headOnly)) {
            assertThat(body(values)).containsExactly(body(before));
            assertThat(head(values)).isNotEqualTo(head(before));
        }
        assertThat(model(headOnly)).containsExactly(before);
    }

    @Test
    void shouldTrainTheBodyOfAHeadThatWasTrainedBefore() {
        Federation once = fedAvg(Tiny.LINEAR, data, 1).local(new SgdOptions(1, 100, 0.1));
        ParameterMask bias = ParameterMask.named("fc.bias");
        float[][] models = own(once.with(PersonalAlgorithms.fedRep(bias, 2)));
        float[][] biasesOnly =
                own(once.personal(bias).objective(Phases.of(new Phases.Phase("head-", new Phases.Rest(bias), 2))));
        for (int cid = 0; cid < CLIENTS; cid++) {
            assertThat(Arrays.copyOfRange(models[cid], 48, 51))
                    .containsExactly(Arrays.copyOfRange(biasesOnly[cid], 48, 51));
        }
        assertThat(models[0][0]).isNotEqualTo(biasesOnly[0][0]);
    }

    @Test
    void shouldKeepTheHeadOfAllClientsAsItWasAtFirst() {
        Federation fedBabu = fedAvg.with(PersonalAlgorithms.fedBabu(HEAD));
        float[] before = initial(fedBabu);
        float[] after = model(fedBabu);
        assertThat(head(after)).containsExactly(head(before));
        assertThat(after[0]).isNotEqualTo(before[0]);
    }

    private static float[] body(float[] values) {
        return Arrays.copyOf(values, FC);
    }

    private static float[] head(float[] values) {
        return Arrays.copyOfRange(values, FC, values.length);
    }

    @Test
    void shouldRefuseAPhaseWithoutEpochs() {
        assertThatThrownBy(() -> PersonalAlgorithms.fedRep(HEAD, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("too few epochs for the head: head_epochs=0, limit=1 or more");
    }

    /** Gradients are zero at what is frozen, and so are moments, if a phase has none of another's. */
    @Test
    void shouldKeepMomentsOfEachPhaseApart() {
        Federation fedRep = fedAvg.local(fedAvg.local()
                        .withRule(StepRule.sgd().withMomentum(0.9))
                        .withKeepState(true))
                .with(PersonalAlgorithms.fedRep(HEAD, 1));
        try (SteppedRun run = new SteppedRun(fedRep)) {
            run.round();
            int cid = run.round().get(0);
            double[] ofHead = run.ofClients("head-optimizer first")[cid];
            double[] ofBody = run.ofClients("optimizer first")[cid];
            assertThat(Arrays.stream(ofHead, 0, FC)).containsOnly(0.0);
            assertThat(Arrays.stream(ofHead, FC, FC + 27)).anyMatch(moment -> moment != 0);
            assertThat(Arrays.stream(ofBody, 0, FC)).anyMatch(moment -> moment != 0);
            assertThat(Arrays.stream(ofBody, FC, FC + 27)).containsOnly(0.0);
        }
    }
}

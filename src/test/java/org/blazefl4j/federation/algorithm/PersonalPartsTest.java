package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.initial;
import static org.blazefl4j.federation.FederationRuns.model;
import static org.blazefl4j.federation.FederationRuns.own;
import static org.blazefl4j.torch.Elements.floats;

import java.util.Arrays;
import java.util.List;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationServer;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.federation.ParameterMask;
import org.blazefl4j.federation.ServerStep;
import org.blazefl4j.federation.UpdateTransform;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.LogLines;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** FedBN, FedPer and LG-FedAvg: what is personal stays with its client. */
final class PersonalPartsTest {

    private static final int ROUNDS = 3;
    private static final ParameterMask ALL = ParameterMask.named("*");

    /** Where the convolution's parts begin: norm after conv, and fc after norm. */
    private static final int NORM = 20;

    private static final int FC = 29;

    private final TinyData data = TinyData.evenly(60, CLIENTS);
    private final Federation fedAvg = fedAvg(Tiny.CONVOLUTION, data, ROUNDS);

    @AfterEach
    void close() {
        data.close();
    }

    @Test
    void shouldEqualFederatedAveragingIfNothingIsPersonal() {
        List<String> expected = hashes(fedAvg);
        assertThat(hashes(fedAvg.with(PersonalAlgorithms.fedPer(ParameterMask.NONE))))
                .isEqualTo(expected);
        assertThat(hashes(fedAvg.with(PersonalAlgorithms.lgFedAvg(ParameterMask.firstLayers(0)))))
                .isEqualTo(expected);
        Federation linear = fedAvg(Tiny.LINEAR, data, ROUNDS);
        try (LogLines log = new LogLines(FederationServer.class)) {
            assertThat(hashes(linear.with(PersonalAlgorithms.fedBn()))).isEqualTo(hashes(linear));
            assertThat(log.lines())
                    .singleElement(STRING)
                    .startsWith("clients keep nothing to themselves: mask=Normalisation")
                    .endsWith(", parameters=0, expected=some of the model's 2; choose another model or mask");
        }
        assertThat(hashes(fedAvg.with(PersonalAlgorithms.fedBn()))).isNotEqualTo(expected);
    }

    @Test
    void shouldTrainEachClientAloneIfAllIsPersonal() {
        Federation alone = everyRound(CLIENTS).personal(ALL);
        float[][] models = own(alone);
        assertThat(model(alone)).containsExactly(initial(alone));
        assertThat(models[0]).isNotEqualTo(models[1]);
        for (int cid = 0; cid < CLIENTS; cid++) {
            int only = cid;
            Federation single = everyRound(CLIENTS).sampler(draw -> List.of(only));
            assertThat(models[cid]).as("client %d", cid).containsExactly(model(single));
        }
    }

    /** Without dropping clients, so that a client's rounds are the server's. */
    private Federation everyRound(int clients) {
        return Federation.of(
                        new Tiny.Selector(1), Tiny.CONVOLUTION, data.partitions(), ServerOptions.of(ROUNDS, clients))
                .local(new SgdOptions(2, 4, 0.05));
    }

    @Test
    void shouldKeepClientsApartInWhatIsPersonalOnly() {
        assertPersonal(fedAvg.with(PersonalAlgorithms.fedBn()), NORM, FC);
        assertPersonal(fedAvg.with(PersonalAlgorithms.fedPer(ParameterMask.lastLayers(1))), FC, FC + 27);
        assertPersonal(
                fedAvg.with(PersonalAlgorithms.fedBn()).with(PersonalAlgorithms.fedPer(ParameterMask.lastLayers(1))),
                NORM,
                FC + 27);
        assertPersonal(fedAvg.with(PersonalAlgorithms.lgFedAvg(ParameterMask.firstLayers(1))), 0, NORM);
    }

    private static void assertPersonal(Federation federation, int from, int to) {
        float[][] models = own(federation);
        float[] global = model(federation);
        assertThat(Arrays.copyOfRange(global, from, to))
                .containsExactly(Arrays.copyOfRange(initial(federation), from, to));
        long different = Arrays.stream(models)
                .map(values -> Arrays.toString(Arrays.copyOfRange(values, from, to)))
                .distinct()
                .count();
        assertThat(different).isEqualTo(models.length);
        for (float[] values : models) {
            System.arraycopy(global, from, values, from, to - from);
            assertThat(values).containsExactly(global);
        }
    }

    /** Client 1 writes NaN to what is personal, and sends the rest as it was. */
    record Poison() implements LocalObjective {

        @Override
        public void train(LocalRun run) {
            run.training().run();
            if (run.cid() == 1) {
                Tensor poisoned = run.result().copy_(run.received().parameters());
                poisoned.narrow(0, FC, 27).fill_(new Scalar(Float.NaN));
            }
        }
    }

    @Test
    void shouldNeverLetAPersonalElementReachAnotherClient() {
        float[][] models = own(everyRound(CLIENTS)
                .with(PersonalAlgorithms.fedPer(ParameterMask.lastLayers(1)))
                .objective(new Poison()));
        for (int cid = 0; cid < CLIENTS; cid++) {
            assertThat(isFinite(models[cid])).as("client %d", cid).isEqualTo(cid != 1);
        }
    }

    private static boolean isFinite(float[] values) {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    /** Control variates would tell the server of personal gradients, and pull other clients' personal parts. */
    @Test
    void shouldKeepPersonalPartsOutOfControlVariates() {
        Federation both = fedAvg.with(Algorithms.scaffold(1, Weighting.UNIFORM))
                .with(PersonalAlgorithms.fedPer(ParameterMask.lastLayers(1)));
        try (var handler = both.handler();
                var trainer = ExecutionMode.SINGLE_THREADED.trainer(both.clients(), TrainerOptions.defaults())) {
            new Simulation<>(handler, trainer).run();
            float[] control = floats(handler.downlinkPackage().vectors().get(0));
            assertThat(Arrays.copyOfRange(control, FC, FC + 27)).containsOnly(0);
            assertThat(control[0]).isNotZero();
        }
    }

    @Test
    void shouldKeepTheServersPersonalPartsFromNoise() {
        Federation noisy = fedAvg.with(PersonalAlgorithms.fedPer(ParameterMask.lastLayers(1)))
                .aggregate(PersonalPartsTest::shift)
                .uplink(new Shift());
        float[] before = initial(noisy);
        float[] after = model(noisy);
        assertThat(Arrays.copyOfRange(after, FC, after.length))
                .containsExactly(Arrays.copyOfRange(before, FC, before.length));
        assertThat(after[0]).isGreaterThan(before[0] + 2 * ROUNDS - 1);
    }

    private static void shift(Tensor change, ServerStep step) {
        change.add_(new Scalar(1));
    }

    record Shift() implements UpdateTransform {

        @Override
        public void apply(Tensor change, LocalRun run) {
            change.add_(new Scalar(1));
        }
    }
}

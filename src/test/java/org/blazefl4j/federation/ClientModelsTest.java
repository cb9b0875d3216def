package org.blazefl4j.federation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.ClientEvaluator;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The models that clients evaluate: the received one, their own, or one that they train further. */
final class ClientModelsTest {

    private static final int ROUNDS = 3;

    /** One client, so that the server's model is the client's; its test samples are all samples. */
    private final TinyData data = TinyData.evenly(30, 1);

    private final Federation fedAvg = federation(Tiny.CONVOLUTION);

    private Federation federation(Tiny model) {
        return Federation.of(new Tiny.Selector(1), model, data.partitions(), ServerOptions.of(ROUNDS, 1))
                .local(new SgdOptions(2, 4, 0.05));
    }

    @AfterEach
    void close() {
        data.close();
    }

    /** Returns what the client finds before each round, and the server before it. */
    private List<Evaluation> evaluations(
            Federation federation, ClientEvaluator<ClientConfig, ModelDownlink, Evaluation> evaluator, boolean server) {
        data.partitions().setDataset(PartitionType.TEST, 0, data.whole());
        List<Evaluation> found = new ArrayList<>();
        try (var handler = federation.handler();
                var trainer = ExecutionMode.SINGLE_THREADED.trainer(federation.clients(), TrainerOptions.defaults())) {
            while (!handler.isStopped()) {
                found.add(
                        server
                                ? handler.evaluate()
                                : trainer.evaluate(handler.downlinkPackage(), List.of(0), evaluator)
                                        .get(0));
                trainer.localProcess(handler.downlinkPackage(), handler.sampleClients(), update -> {
                    handler.load(update);
                    trainer.discard(update);
                });
            }
        }
        return found;
    }

    private List<Evaluation> ofServer(Federation federation) {
        return evaluations(federation, FederationClients.evaluator(PartitionType.TEST), true);
    }

    private List<Evaluation> personal(Federation federation) {
        return evaluations(federation, federation.clients().personalEvaluator(PartitionType.TEST), false);
    }

    @Test
    void shouldEvaluateTheReceivedModel() {
        assertThat(evaluations(fedAvg, FederationClients.evaluator(PartitionType.TEST), false))
                .isEqualTo(ofServer(fedAvg))
                .doesNotHaveDuplicates();
        assertThat(personal(fedAvg)).isEqualTo(ofServer(fedAvg));
    }

    @Test
    void shouldEvaluateTheClientsOwnParts() {
        Federation alone = fedAvg.personal(ParameterMask.named("*"));

        assertThat(personal(alone)).isEqualTo(ofServer(fedAvg));
        assertThat(evaluations(alone, FederationClients.evaluator(PartitionType.TEST), false))
                .containsOnly(ofServer(fedAvg).get(0));
    }

    record Zero() implements LocalObjective {

        @Override
        public void train(LocalRun run) {
            run.training().run();
        }

        @Override
        public void personalise(LocalRun run) {
            run.result().zero_();
        }
    }

    @Test
    void shouldEvaluateWhatTheObjectiveMakesOfAModel() {
        assertThat(personal(fedAvg.objective(new Zero())))
                .hasSize(ROUNDS)
                .allSatisfy(found -> assertThat(found.loss()).isCloseTo(Math.log(Tiny.CLASSES), within(1e-6)));
    }

    @Test
    void shouldEvaluateAfterFurtherTraining() {
        LocalOptions options = LocalOptions.of(new SgdOptions(10, 4, 0.05));
        List<Evaluation> tuned =
                evaluations(fedAvg, fedAvg.clients().fineTunedEvaluator(PartitionType.TEST, options), false);
        List<Evaluation> received = ofServer(fedAvg);

        for (int round = 0; round < ROUNDS; round++) {
            assertThat(tuned.get(round).loss()).isLessThan(received.get(round).loss());
        }
    }

    @Test
    void shouldEvaluateTheSameModelAfterTrainingThatMovesNothing() {
        Federation linear = federation(Tiny.LINEAR);
        LocalOptions still = LocalOptions.of(new SgdOptions(1, 4, 1e-30));

        assertThat(evaluations(linear, linear.clients().fineTunedEvaluator(PartitionType.TEST, still), false))
                .isEqualTo(ofServer(linear));
    }

    @Test
    void shouldEvaluateClientsThatNeverTrain() {
        try (TinyData two = TinyData.evenly(30, 2)) {
            Federation drawn = Federation.of(
                            new Tiny.Selector(1), Tiny.LINEAR, two.partitions(), ServerOptions.of(ROUNDS, 1))
                    .personal(ParameterMask.named("*"));
            FederationClients clients = drawn.clients(2);
            try (var handler = drawn.handler();
                    var trainer = ExecutionMode.SINGLE_THREADED.trainer(clients, TrainerOptions.defaults())) {
                new Simulation<>(handler, trainer).run();
                two.partitions().setDataset(PartitionType.TEST, 0, two.whole());
                two.partitions().setDataset(PartitionType.TEST, 1, two.whole());

                List<Evaluation> found = trainer.evaluate(
                        handler.downlinkPackage(), List.of(0, 1), clients.personalEvaluator(PartitionType.TEST));

                assertThat(found.get(0)).isNotEqualTo(handler.evaluate());
                assertThat(found.get(1)).isEqualTo(handler.evaluate());
            }
            assertThatThrownBy(() -> drawn.clients(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("too few clients: num_clients=0, limit=1 or more, from which the server draws");
        }
    }

    record Keeping() implements LocalObjective {

        @Override
        public void train(LocalRun run) {
            run.training().run();
        }

        @Override
        public void personalise(LocalRun run) {
            run.context().keepState(1);
        }
    }

    @Test
    void shouldRefuseToKeepAnything() {
        assertThatThrownBy(() -> personal(fedAvg.objective(new Keeping())))
                .isInstanceOf(ClientFailedException.class)
                .hasMessageContaining("not in an evaluation: client=0, method=keepState");
        LocalOptions keeping = fedAvg.local().withKeepState(true);
        assertThatThrownBy(() -> fedAvg.clients().fineTunedEvaluator(PartitionType.TEST, keeping))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("optimizer keeps its state: keep_state=true, expected=false; evaluations keep nothing");
    }
}

package org.blazefl4j.contrib.fedavg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.ClientDistribution;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.federation.FederationClients;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients evaluate the global model on their own samples, with the bits of the server's evaluation. */
@Slow
final class FedAvgClientEvaluationTest {

    private static final Tiny.Selector SELECTOR = new Tiny.Selector(1);
    private static final int CLIENTS = 4;

    /** The server draws the first clients only; the last one never trains. */
    private static final int DRAWN = 3;

    private final TinyData data = TinyData.evenly(40, CLIENTS);

    /** Client 0 has all test samples, client 1 none, and the others a few. */
    @BeforeEach
    void giveClientsSamples() {
        InMemoryPartitionedDataset<PartitionType> own = data.partitions();
        own.setDataset(PartitionType.TEST, 0, data.whole());
        own.setClients(PartitionType.VALIDATION, data.whole(), List.of(new long[] {1}, new long[0], new long[] {2, 3}));
        own.setDataset(PartitionType.TEST, 2, own.getDataset(PartitionType.VALIDATION, 2));
        own.setDataset(PartitionType.TEST, 3, data.whole());
    }

    @AfterEach
    void close() {
        data.close();
    }

    private FedAvgServerHandler handler() {
        return new FedAvgServerHandler(SELECTOR, Tiny.CONVOLUTION, data.partitions(), ServerOptions.of(3, DRAWN));
    }

    private FedAvgClients clients() {
        SgdOptions options = new SgdOptions(1, 4, 0.05);
        return new FedAvgClients(SELECTOR, Tiny.CONVOLUTION, data.partitions(), CLIENTS, options);
    }

    private static ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer(
            ExecutionMode mode, FedAvgClients clients) {
        return mode.trainer(clients, TrainerOptions.builder().numParallels(2).build());
    }

    /** Returns the reports of a run, in which clients are evaluated after the last two rounds. */
    private List<RoundReport> run(ExecutionMode mode, boolean evaluating) {
        List<RoundReport> reports = new ArrayList<>();
        FedAvgClients clients = clients();
        try (FedAvgServerHandler handler = handler();
                var trainer = trainer(mode, clients)) {
            var simulation = new Simulation<>(handler, trainer).addListener(new RoundListener<Object>() {
                @Override
                public void roundFinished(RoundReport report) {
                    reports.add(report);
                }
            });
            if (evaluating) {
                List<Integer> cids = clients.clientsWith(PartitionType.TEST);
                simulation.addColumns(ClientDistribution.columns(
                        round -> round > 0,
                        () -> trainer.evaluate(
                                handler.downlinkPackage(), cids, FederationClients.evaluator(PartitionType.TEST))));
            }
            simulation.run();
        }
        return reports;
    }

    @ParameterizedTest
    @EnumSource
    void shouldGiveTheBitsOfTheServersEvaluationBetweenRounds(ExecutionMode mode) {
        FedAvgClients clients = clients();
        try (FedAvgServerHandler handler = handler();
                var trainer = trainer(mode, clients)) {
            List<Integer> cids = clients.clientsWith(PartitionType.TEST);
            assertThat(cids).containsExactly(0, 2, 3);
            for (int round = 0; round < 2; round++) {
                List<Evaluation> found = trainer.evaluate(
                        handler.downlinkPackage(), cids, FederationClients.evaluator(PartitionType.TEST));

                assertThat(found.get(0)).isEqualTo(handler.evaluate()).isEqualTo(found.get(2));
                assertThat(found.get(1).samples()).isEqualTo(2);
                assertThat(trainer.evaluate(
                                handler.downlinkPackage(),
                                List.of(2),
                                FederationClients.evaluator(PartitionType.VALIDATION)))
                        .containsExactly(found.get(1));
                trainer.localProcess(handler.downlinkPackage(), handler.sampleClients(), uplink -> {
                    handler.load(uplink);
                    trainer.discard(uplink);
                });
            }
        }
    }

    @Test
    void shouldAddColumnsAndChangeNothingElse() {
        List<RoundReport> with = run(ExecutionMode.MULTI_THREADED, true);
        List<RoundReport> without = run(ExecutionMode.SINGLE_THREADED, false);

        assertThat(with)
                .extracting(RoundReport::summary)
                .element(0)
                .satisfies(summary -> assertThat(summary)
                        .containsEntry("client_accuracy", Double.NaN)
                        .containsEntry("client_loss_max", Double.NaN));
        for (int round = 0; round < 3; round++) {
            assertThat(with.get(round).summary())
                    .containsAllEntriesOf(without.get(round).summary());
        }
        var last = with.get(2).summary();
        assertThat(last.get("client_accuracy_p50"))
                .isEqualTo(last.get("accuracy")); // two of the three clients have all
        assertThat(last)
                .isEqualTo(run(ExecutionMode.SINGLE_THREADED, true).get(2).summary());
    }

    @Test
    void shouldSayWhichSamplesAClientLacks() {
        try (FedAvgServerHandler handler = handler();
                var trainer = trainer(ExecutionMode.SINGLE_THREADED, clients())) {
            assertThatThrownBy(() -> trainer.evaluate(
                            handler.downlinkPackage(), List.of(1), FederationClients.evaluator(PartitionType.TEST)))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageEndingWith("client has no samples of this type: type=TEST, expected=TRAIN or []; give it"
                            + " some in the partitioned data set, or evaluate other clients");
            assertThatThrownBy(() -> trainer.evaluate(
                            handler.downlinkPackage(),
                            List.of(CLIENTS),
                            FederationClients.evaluator(PartitionType.TEST)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("no such client: client=4, limit=0 to 3;");
        }
    }

    @Test
    void shouldKeepAConfigurationUntilItsSamplesChange() {
        FedAvgClients clients = clients();
        ClientConfig first = clients.getClientConfig(2);

        assertThat(clients.getClientConfig(2)).isSameAs(first);
        assertThat(first.samples(PartitionType.TRAIN)).isSameAs(first.dataset());
        data.partitions().setDataset(PartitionType.TEST, 2, data.whole());
        assertThat(clients.getClientConfig(2)).isNotSameAs(first);
        assertThat(clients.getClientConfig(2).samples(PartitionType.TEST).size())
                .isEqualTo(40);
    }
}

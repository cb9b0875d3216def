package org.blazefl4j.contrib.fedavg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.SpoiltClients;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.ThreadPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a round's bits depend on, and how data reaches workers. */
@Slow
final class FedAvgRoundsTest {

    private static final int CLIENTS = 6;
    private static final int ROUNDS = 3;
    private static final long SEED = 42;
    private static final Tiny.Selector SELECTOR = new Tiny.Selector(SEED);
    private static final SgdOptions TRAINING = new SgdOptions(2, 4, 0.05);

    private TinyData data;
    private List<String> expected;

    /** Returns clients of which one sends other parameters than it trained. */
    private static SpoiltClients<ClientConfig, FedAvgDownlinkPackage, FedAvgUplinkPackage> replacingOnePackage(
            FedAvgClients clients) {
        return new SpoiltClients<>(clients, (config, payload, context) -> {
            FedAvgUplinkPackage uplink = clients.worker().train(config, payload, context);
            if (uplink.cid() == CLIENTS - 2) {
                uplink.parameters().add_(new Scalar(0.5f));
            }
            return uplink;
        });
    }

    @BeforeEach
    void train() {
        data = TinyData.evenly(60, CLIENTS);
        expected = hashes(new SerialClientTrainer<>(clients(data), TrainerOptions.defaults()));
        assertThat(expected).hasSize(ROUNDS).doesNotHaveDuplicates();
    }

    @AfterEach
    void close() {
        data.close();
    }

    private static FedAvgClients clients(TinyData data) {
        return clients(data, SELECTOR);
    }

    private static FedAvgClients clients(TinyData data, ModelSelector<Tiny> selector) {
        return new FedAvgClients(selector, Tiny.CONVOLUTION, data.partitions(), CLIENTS, TRAINING);
    }

    /** Runs all rounds and closes the trainer; returns the global model's hash after each round. */
    private List<String> hashes(ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer) {
        return hashes(trainer, SELECTOR);
    }

    private List<String> hashes(
            ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer, ModelSelector<Tiny> selector) {
        List<String> hashes = new ArrayList<>();
        try (trainer;
                FedAvgServerHandler handler = new FedAvgServerHandler(
                        selector, Tiny.CONVOLUTION, data.partitions(), ServerOptions.of(ROUNDS, CLIENTS))) {
            while (!handler.isStopped()) {
                trainer.localProcess(handler.downlinkPackage(), handler.sampleClients(), uplink -> {
                    try (uplink) {
                        handler.load(uplink);
                    }
                });
                hashes.add(handler.sha256());
            }
        }
        return hashes;
    }

    @Test
    void shouldGiveOtherBitsForAnotherSeed() {
        TrainerOptions other = TrainerOptions.builder().seed(SEED + 1).build();

        assertThat(hashes(new SerialClientTrainer<>(clients(data), other)))
                .hasSize(ROUNDS)
                .doesNotHaveDuplicates()
                .doesNotContainAnyElementsOf(expected);
    }

    @Test
    void shouldGiveTheSameBitsInEveryModeWithAnyNumerics() {
        ModelSelector<Tiny> shorter =
                SELECTOR.with(new Numerics(MemoryLayout.CHANNELS_LAST, Autocast.BFLOAT16).withEngine(Engine.LIBTORCH));
        TrainerOptions two = TrainerOptions.builder().numParallels(2).build();
        FedAvgClients clients = clients(data, shorter);
        List<String> serial = hashes(new SerialClientTrainer<>(clients, TrainerOptions.defaults()), shorter);

        assertThat(serial).hasSize(ROUNDS).doesNotContainAnyElementsOf(expected);
        assertThat(hashes(new ThreadPoolClientTrainer<>(clients, two), shorter)).isEqualTo(serial);
        assertThat(hashes(new ProcessPoolClientTrainer<>(clients, two), shorter))
                .isEqualTo(serial);
    }

    @Test
    void shouldRefuseTheNextRoundUntilTheHandlerKnowsOfADroppedClient() {
        ClientWorker<ClientConfig, FedAvgDownlinkPackage, FedAvgUplinkPackage> trained =
                clients(data).worker();
        var failing = new SpoiltClients<>(clients(data), (config, payload, context) -> {
            if (context.clientId() == 4) {
                throw new IllegalStateException("client 4 never ends well");
            }
            return trained.train(config, payload, context);
        });
        TrainerOptions dropping =
                TrainerOptions.builder().onClientFailure(FailurePolicy.drop()).build();
        try (var trainer = new SerialClientTrainer<>(failing, dropping);
                FedAvgServerHandler handler = new FedAvgServerHandler(
                        SELECTOR, Tiny.CONVOLUTION, data.partitions(), ServerOptions.of(ROUNDS, CLIENTS))) {
            trainer.localProcess(handler.downlinkPackage(), handler.sampleClients(), uplink -> {
                try (uplink) {
                    handler.load(uplink);
                }
            });

            assertThatIllegalStateException()
                    .isThrownBy(handler::sampleClients)
                    .withMessageStartingWith("clients of the last round were neither loaded nor dropped: round=1,"
                            + " clients=[4]; call handler.drop(cid) for each client of trainer.dropped()");
            trainer.dropped().forEach(failure -> handler.drop(failure.clientId()));
            assertThat(handler.sampleClients()).hasSize(CLIENTS);
            assertThat(handler.round()).isEqualTo(1);
        }
    }

    @Test
    void shouldGiveOtherBitsIfOneClientsPackageIsReplaced() {
        assertThat(hashes(new SerialClientTrainer<>(replacingOnePackage(clients(data)), TrainerOptions.defaults())))
                .hasSize(ROUNDS)
                .doesNotHaveDuplicates()
                .doesNotContainAnyElementsOf(expected);
    }

    @Test
    void shouldGiveTheSameBitsForClientsWithSeparateTensors() {
        try (TinyData apart = TinyData.evenly(60, CLIENTS).apart()) {
            TrainerOptions two = TrainerOptions.builder().numParallels(2).build();

            assertThat(hashes(new ProcessPoolClientTrainer<>(clients(apart), two)))
                    .isEqualTo(expected);
        }
    }

    @Test
    void shouldSendTheClientsDataOnce() {
        ModelSelector<ModelName> selector = ModelSelector.seeded(SEED, 1, 28, 28, 10);
        try (ImageData images = ImageData.fashionMnist();
                InMemoryPartitionedDataset<PartitionType> partitions = new InMemoryPartitionedDataset<>()) {
            partitions.setDataset(PartitionType.TEST, images.test());
            partitions.setClients(
                    PartitionType.TRAIN, images.train(), Partitioner.iid().partition(images.trainLabels(), 100, SEED));
            FedAvgClients clients = new FedAvgClients(selector, ModelName.CNN, partitions, 100, TRAINING);
            try (FedAvgServerHandler handler =
                            new FedAvgServerHandler(selector, ModelName.CNN, partitions, ServerOptions.of(1, 100));
                    var trainer = new ProcessPoolClientTrainer<>(
                            clients, TrainerOptions.builder().numParallels(1).build())) {
                trainer.localProcess(handler.downlinkPackage(), List.of(0, 1, 2), FedAvgUplinkPackage::close);

                assertThat(trainer.segmentBytes())
                        .isLessThan(images.trainImages().nbytes());
            }
        }
    }
}

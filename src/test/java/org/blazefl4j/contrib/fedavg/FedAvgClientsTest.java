package org.blazefl4j.contrib.fedavg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.KeptConfigurations;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.trainer.TrainerOptions.StepGraphs;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class FedAvgClientsTest {

    private static final Tiny.Selector SELECTOR = new Tiny.Selector(1);
    private static final SgdOptions OPTIONS = new SgdOptions(3, 4, 0.05);

    private TinyData data;

    @BeforeEach
    void open() {
        data = TinyData.of(30, List.of(range(0, 10), range(10, 30)));
    }

    @AfterEach
    void close() {
        data.close();
    }

    private static long[] range(int from, int to) {
        return java.util.stream.LongStream.range(from, to).toArray();
    }

    private FedAvgClients clients(Tiny name) {
        return new FedAvgClients(SELECTOR, name, data.partitions(), 2, OPTIONS);
    }

    private static SerialClientTrainer<ClientConfig, FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer(
            FedAvgClients clients) {
        return new SerialClientTrainer<>(clients, TrainerOptions.defaults());
    }

    /** Returns an initial state that differs from the selector's. */
    private static Tensor start(Tiny name) {
        try (Model model = new Tiny.Selector(2).selectModel(name);
                FlatParameters state = FlatParameters.of(model)) {
            return state.flatten();
        }
    }

    @Test
    void shouldGiveAClientOneConfigurationThatIsEncodedOnce() {
        KeptConfigurations.requireOneThatIsEncodedOnce(clients(Tiny.LINEAR), 1);
    }

    @Test
    void shouldGiveAClientAnotherConfigurationWithOtherData() {
        FedAvgClients clients = clients(Tiny.LINEAR);
        ClientConfig config = clients.getClientConfig(1);
        Dataset other = data.partitions().getDataset(PartitionType.TRAIN, 0);
        data.partitions().setDataset(PartitionType.TRAIN, 1, other);
        assertThat(clients.getClientConfig(1).dataset()).isSameAs(other).isNotSameAs(config.dataset());
    }

    @ParameterizedTest
    @EnumSource(Tiny.class)
    void shouldTrainLikeAPlainLoopWithAnOptimizer(Tiny name) {
        try (var trainer = trainer(clients(name));
                Tensor start = start(name)) {
            trainer.localProcess(new FedAvgDownlinkPackage(start), List.of(0, 1));

            List<FedAvgUplinkPackage> uplinks = trainer.uplinkPackage();

            assertThat(uplinks).extracting(FedAvgUplinkPackage::cid).containsExactly(0, 1);
            assertThat(uplinks).extracting(FedAvgUplinkPackage::dataSize).containsExactly(10L, 20L);
            for (FedAvgUplinkPackage uplink : uplinks) {
                try (uplink;
                        Tensor expected = plainLoop(name, start, uplink.cid())) {
                    assertThat(torch.allclose(uplink.parameters(), expected, 1e-5, 1e-6, false))
                            .isTrue();
                    assertThat(torch.allclose(uplink.parameters(), start)).isFalse();
                }
            }
        }
    }

    private Tensor plainLoop(Tiny name, Tensor start, int cid) {
        Dataset dataset = data.partitions().getDataset(PartitionType.TRAIN, cid);
        try (IntraOpThreads threads = IntraOpThreads.scope(1);
                Model model = SELECTOR.selectModel(name);
                FlatParameters state = FlatParameters.of(model);
                Generator shuffle = RandomStreams.generator(42, cid, 0, "shuffle");
                Generator dropout = RandomStreams.generator(42, cid, 0, "dropout")) {
            state.load(start);
            model.train();
            model.setGenerator(dropout);
            try (PointerScope scope = new PointerScope()) {
                SGD sgd = new SGD(model.parameters(), new SGDOptions(OPTIONS.lr()));
                DataLoader loader = new DataLoader(dataset, OPTIONS.batchSize(), true, shuffle);
                for (int epoch = 0; epoch < OPTIONS.epochs(); epoch++) {
                    for (Batch batch : loader) {
                        sgd.zero_grad();
                        torch.cross_entropy(model.forward(batch.x()), batch.y()).backward();
                        sgd.step();
                    }
                }
            }
            return state.flatten();
        }
    }

    /** By a model with dropout, which on a device would fail if its steps had to be captured. */
    @Test
    void shouldCaptureNothingOnTheCpu() {
        List<String> hashes = new ArrayList<>();
        for (StepGraphs graphs : StepGraphs.values()) {
            TrainerOptions options = TrainerOptions.builder().stepGraphs(graphs).build();
            try (var trainer = new SerialClientTrainer<>(clients(Tiny.CONVOLUTION), options);
                    Tensor start = start(Tiny.CONVOLUTION)) {
                trainer.localProcess(new FedAvgDownlinkPackage(start), List.of(1), uplink -> {
                    try (uplink) {
                        hashes.add(Tensors.sha256(uplink.parameters()));
                    }
                });
            }
        }
        assertThat(hashes).hasSize(3).containsOnly(hashes.get(0));
    }

    @Test
    void shouldLeaveThePayloadUnchanged() {
        try (var trainer = trainer(clients(Tiny.CONVOLUTION));
                Tensor start = start(Tiny.CONVOLUTION);
                Tensor copy = start.clone()) {
            trainer.localProcess(new FedAvgDownlinkPackage(start), List.of(0, 1), FedAvgUplinkPackage::close);

            assertThat(start.equal(copy)).isTrue();
        }
    }

    @Test
    void shouldKeepNothingOfThePreviousClient() {
        try (var one = trainer(clients(Tiny.CONVOLUTION));
                var other = trainer(clients(Tiny.CONVOLUTION));
                Tensor start = start(Tiny.CONVOLUTION);
                Tensor poison = torch.full(new long[] {start.numel()}, new org.bytedeco.pytorch.Scalar(1e30f))) {
            one.localProcess(new FedAvgDownlinkPackage(poison), List.of(1), FedAvgUplinkPackage::close);
            one.startAtRound(0);
            one.localProcess(new FedAvgDownlinkPackage(start), List.of(0));
            other.localProcess(new FedAvgDownlinkPackage(start), List.of(0));

            try (FedAvgUplinkPackage afterAnother = one.uplinkPackage().get(0);
                    FedAvgUplinkPackage first = other.uplinkPackage().get(0)) {
                assertThat(afterAnother.parameters().equal(first.parameters())).isTrue();
            }
        }
    }

    @Test
    void shouldReportProcessWorkerAndTime() {
        try (var trainer = trainer(clients(Tiny.LINEAR));
                Tensor start = start(Tiny.LINEAR)) {
            trainer.localProcess(new FedAvgDownlinkPackage(start), List.of(0), uplink -> {
                try (uplink) {
                    assertThat(uplink.metadata())
                            .containsEntry("pid", ProcessHandle.current().pid())
                            .containsEntry("worker", 0)
                            .hasEntrySatisfying(
                                    "seconds", s -> assertThat((double) s).isPositive());
                }
            });
        }
    }

    @Test
    void shouldStopWhenTheStopEventIsSet() {
        try (var trainer = trainer(clients(Tiny.LINEAR));
                Tensor start = start(Tiny.LINEAR)) {
            assertThatExceptionOfType(StoppedException.class)
                    .isThrownBy(() -> trainer.localProcess(
                            new FedAvgDownlinkPackage(start),
                            List.of(0, 1),
                            uplink -> trainer.stopEvent().set()));
        }
    }

    @Test
    void shouldFailAClientIfTheGlobalModelDoesNotFit() {
        try (var trainer = trainer(clients(Tiny.LINEAR));
                Tensor start = torch.zeros(3)) {
            assertThatExceptionOfType(ClientFailedException.class)
                    .isThrownBy(() -> trainer.localProcess(new FedAvgDownlinkPackage(start), List.of(0)))
                    .withStackTraceContaining("global model of the wrong shape: shape=[3], expected=[51]");
        }
    }

    @Test
    void shouldRefuseAClientWithoutSamples() {
        data.partitions()
                .setDataset(PartitionType.TRAIN, 1, new TensorDataset(torch.zeros(0, 1, 4, 4), torch.zeros(0)));

        refuses(2, "no samples: cid=1, size=0, limit=1 or more; partition the data so that each client has some");
    }

    @Test
    void shouldRefuseMoreClientsThanHaveData() {
        refuses(0, "too few clients: num_clients=0, limit=1 or more");
        refuses(3, "no such data: type=TRAIN, client=2, found=");
    }

    private void refuses(int numClients, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new FedAvgClients(SELECTOR, Tiny.LINEAR, data.partitions(), numClients, OPTIONS))
                .withMessageStartingWith(message);
    }

    @Test
    void shouldRefuseAClientBeyondTheFederationAlthoughItHasData() {
        FedAvgClients one = new FedAvgClients(SELECTOR, Tiny.LINEAR, data.partitions(), 1, OPTIONS);
        String message = "no such client: client=1, limit=0 to 0; sample clients of the federation, or make it larger";
        try (Tensor parameters = torch.zeros(one.numel());
                var trainer = new SerialClientTrainer<>(one, TrainerOptions.defaults())) {
            FedAvgDownlinkPackage payload = new FedAvgDownlinkPackage(parameters);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.localProcess(payload, List.of(0, 1)))
                    .withMessage(message);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.order(List.of(0, 1)))
                    .withMessage(message);
            assertThat(trainer.round()).isZero();
        }
    }
}

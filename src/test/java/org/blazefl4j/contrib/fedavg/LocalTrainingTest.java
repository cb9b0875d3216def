package org.blazefl4j.contrib.fedavg;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.contrib.common.SgdClients;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.torch.FlatOptimizer;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.StepRule;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that train by more than plain SGD for some epochs. */
final class LocalTrainingTest {

    private static final Tiny.Selector SELECTOR = new Tiny.Selector(1);
    private static final SgdOptions SGD = new SgdOptions(2, 4, 0.05);
    private static final LocalOptions OPTIONS = LocalOptions.of(SGD);
    private static final LocalOptions ADAM = OPTIONS.withRule(StepRule.adamW()).withMaxGradNorm(0.5);

    private final TinyData data = TinyData.of(60, List.of(range(0, 20), range(20, 42), range(42, 60)));

    @AfterEach
    void close() {
        data.close();
    }

    private static long[] range(int from, int to) {
        return LongStream.range(from, to).toArray();
    }

    private FedAvgClients clients(LocalOptions options) {
        return new FedAvgClients(SELECTOR, Tiny.CONVOLUTION, data.partitions(), 3, options);
    }

    private static Tensor start() {
        try (Model model = new Tiny.Selector(2).selectModel(Tiny.CONVOLUTION);
                FlatParameters state = FlatParameters.of(model)) {
            return state.flatten();
        }
    }

    /** Returns the hashes of clients' models after each of some rounds that all begin with the same model. */
    private List<String> hashes(LocalOptions options, int rounds) {
        return hashes(clients(options), TrainerOptions.defaults(), rounds);
    }

    private static List<String> hashes(
            SgdClients<FedAvgDownlinkPackage, FedAvgUplinkPackage> clients, TrainerOptions trainerOptions, int rounds) {
        List<String> hashes = new ArrayList<>();
        try (var trainer = new SerialClientTrainer<>(clients, trainerOptions);
                Tensor start = start()) {
            for (int round = 0; round < rounds; round++) {
                trainer.localProcess(new FedAvgDownlinkPackage(start), List.of(0, 1, 2), uplink -> {
                    try (uplink) {
                        hashes.add(Tensors.sha256(uplink.parameters()));
                    }
                });
            }
        }
        return hashes;
    }

    @Test
    void shouldTakeTheSameStepsForSoManyStepsAsForTheEpochsThatTheyMake() {
        assertThat(hashes(OPTIONS.withSteps(10), 1).get(0))
                .as("2 epochs of 5 batches")
                .isEqualTo(hashes(OPTIONS, 1).get(0));
        assertThat(hashes(OPTIONS.withSteps(9), 1).get(0))
                .isNotEqualTo(hashes(OPTIONS, 1).get(0));
        assertThat(hashes(OPTIONS.withSteps(3), 1)).isNotEqualTo(hashes(OPTIONS.withBase(SGD.withEpochs(1)), 1));
    }

    @Test
    void shouldGiveTheBitsOfPlainSgdWithANormThatIsNeverReached() {
        assertThat(hashes(OPTIONS.withMaxGradNorm(1e6), 1)).isEqualTo(hashes(OPTIONS, 1));
        assertThat(hashes(OPTIONS.withMaxGradNorm(0.01), 1)).isNotEqualTo(hashes(OPTIONS, 1));
    }

    @Test
    void shouldGiveTheBitsOfALoopOfPyTorchsStepsInOtherMemory() {
        List<String> expected = new ArrayList<>();
        for (int cid = 0; cid < 3; cid++) {
            expected.add(plainLoop(cid));
        }
        assertThat(hashes(ADAM.withSchedule(Schedule.exponential(0.9).withStepsForRounds()), 1))
                .isEqualTo(expected);
    }

    private String plainLoop(int cid) {
        Dataset samples = data.partitions().getDataset(PartitionType.TRAIN, cid);
        try (IntraOpThreads threads = IntraOpThreads.scope(1);
                PointerScope scope = new PointerScope();
                Model model = SELECTOR.selectModel(Tiny.CONVOLUTION);
                FlatParameters state = FlatParameters.of(model);
                FlatOptimizer optimizer = new FlatOptimizer(state);
                Generator shuffle = RandomStreams.generator(42, cid, 0, "shuffle");
                Generator dropout = RandomStreams.generator(42, cid, 0, "dropout")) {
            state.bind(start());
            optimizer.reset(StepRule.adamW(), 0.5);
            model.train();
            model.setGenerator(dropout);
            DataLoader loader = new DataLoader(samples, 4, true, shuffle);
            for (int epoch = 0; epoch < 2; epoch++) {
                for (Batch batch : loader) {
                    state.zeroGradients();
                    torch.cross_entropy(model.forward(batch.x()), batch.y()).backward();
                    optimizer.step(0.05 * StrictMath.pow(0.9, optimizer.steps()));
                }
            }
            state.writeBuffers();
            return Tensors.sha256(state.vector());
        }
    }

    @Test
    void shouldStartAnewInEachRoundOrGoOnWithTheMomentsOfTheLast() {
        LocalOptions momentum = OPTIONS.withRule(StepRule.sgd().withMomentum(0.9));
        List<String> anew = hashes(momentum, 2);
        List<String> kept = hashes(momentum.withKeepState(true), 2);
        assertThat(kept.subList(0, 3)).isEqualTo(anew.subList(0, 3));
        assertThat(kept.subList(3, 6)).doesNotContainAnyElementsOf(anew.subList(3, 6));
    }

    @Test
    void shouldLowerTheRateFromRoundToRound() {
        LocalOptions lower = OPTIONS.withSchedule(Schedule.step(1, 0.5));
        List<String> second = hashes(OPTIONS.withBase(SGD.withLr(0.025)), 2).subList(3, 6);
        assertThat(hashes(lower, 2).subList(3, 6)).isEqualTo(second);
        assertThat(hashes(lower, 1)).isEqualTo(hashes(OPTIONS, 1));
    }

    @Test
    void shouldLetSomeClientsDoAPartOfTheirEpochsAndTheSameOnesAgain() {
        LocalOptions options = OPTIONS.withBase(SGD.withEpochs(3)).withStragglers(0.5);
        List<List<String>> byEpochs = IntStream.rangeClosed(1, 3)
                .mapToObj(epochs -> hashes(OPTIONS.withBase(SGD.withEpochs(epochs)), 6))
                .toList();
        List<String> mixed = hashes(options, 6);
        int[] done = IntStream.range(0, mixed.size())
                .map(i -> 1
                        + IntStream.range(0, 3)
                                .filter(e -> byEpochs.get(e).get(i).equals(mixed.get(i)))
                                .findFirst()
                                .orElseThrow())
                .toArray();

        assertThat(done).hasSize(18).contains(1, 2, 3);
        assertThat(IntStream.of(done).filter(epochs -> epochs == 3).count()).isBetween(6L, 17L); // 12 expected
        assertThat(hashes(options, 6)).isEqualTo(mixed);
    }

    @Test
    void shouldGiveTheSameBitsIfAClientIsTrainedAgain() {
        LocalOptions kept = ADAM.withKeepState(true).withStragglers(0.5);
        TrainerOptions retry =
                TrainerOptions.builder().onClientFailure(FailurePolicy.retry(1)).build();
        Failing failing = new Failing(clients(kept), data);
        assertThat(hashes(failing, retry, 3)).isEqualTo(hashes(kept, 3));
        assertThat(failing.failures).isEqualTo(9);
    }

    /** FedAvg's clients, each of which fails at first in each round, when it has kept its state. */
    private static final class Failing extends SgdClients<FedAvgDownlinkPackage, FedAvgUplinkPackage> {

        private final FedAvgClients clients;
        private int failures;
        private boolean failed;

        Failing(FedAvgClients clients, TinyData data) {
            super(SELECTOR, Tiny.CONVOLUTION, data.partitions(), 3, SGD);
            this.clients = clients;
        }

        @Override
        public ClientConfig getClientConfig(int cid) {
            return clients.getClientConfig(cid);
        }

        @Override
        public ClientWorker<ClientConfig, FedAvgDownlinkPackage, FedAvgUplinkPackage> worker() {
            return this::train;
        }

        private FedAvgUplinkPackage train(ClientConfig config, FedAvgDownlinkPackage payload, WorkerContext context) {
            FedAvgUplinkPackage result = FedAvgClients.train(config, payload, context);
            failed = !failed;
            if (failed) {
                failures++;
                throw new IllegalStateException("as planned");
            }
            return result;
        }

        @Override
        public FedAvgUplinkPackage prepareUplinkPackageBuffer() {
            return clients.prepareUplinkPackageBuffer();
        }
    }
}

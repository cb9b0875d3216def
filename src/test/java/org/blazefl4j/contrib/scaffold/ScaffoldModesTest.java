package org.blazefl4j.contrib.scaffold;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.Meeting;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgSerialClientTrainer;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same experiment in all execution modes: clients of unequal sizes with dropout and batch normalisation, of which
 * only some take part in each round, so that they pass from worker to worker and skip rounds.
 */
final class ScaffoldModesTest {

    private static final int CLIENTS = 6;
    private static final int ROUNDS = 4;
    private static final Tiny MODEL = Tiny.CONVOLUTION;
    private static final Tiny.Selector SELECTOR = new Tiny.Selector(1);
    private static final SgdOptions TRAINING = new SgdOptions(2, 4, 0.05);
    private static final ServerOptions COMMON =
            ServerOptions.of(ROUNDS, CLIENTS).withSampleRatio(0.67);
    private static final ScaffoldServerOptions SERVER = ScaffoldServerOptions.of(COMMON);
    private static final long HERE = ProcessHandle.current().pid();

    @TempDir
    private Path folder;

    private static TinyData data;
    private static Outcome serial;

    /** The hash after every round, and who trained. */
    private record Outcome(List<String> hashes, Set<Long> pids, Set<Integer> workers) {
        Outcome() {
            this(new ArrayList<>(), new HashSet<>(), new HashSet<>());
        }
    }

    /** Any of the three trainers. */
    private interface Mode {
        AbstractClientTrainer<ScaffoldUplinkPackage, ScaffoldDownlinkPackage, ClientConfig> trainer(
                ScaffoldClients clients, TrainerOptions options);
    }

    @BeforeAll
    static void open() {
        data = TinyData.of(CLIENTS * 10, unequalParts());
        serial = run(ScaffoldSerialClientTrainer::new, 1, data.partitions());
    }

    @AfterAll
    static void close() {
        data.close();
    }

    /** Of 5, 7, 9, ... samples. */
    private static List<long[]> unequalParts() {
        return IntStream.range(0, CLIENTS)
                .mapToObj(cid -> LongStream.range(cid * 10L, cid * 10L + 5 + 2 * cid)
                        .map(i -> i % (CLIENTS * 10))
                        .toArray())
                .toList();
    }

    private static ScaffoldServerHandler handler() {
        return new ScaffoldServerHandler(SELECTOR, MODEL, data.partitions(), SERVER);
    }

    private static AbstractClientTrainer<ScaffoldUplinkPackage, ScaffoldDownlinkPackage, ClientConfig> trainer(
            Mode mode, int workers, PartitionedDataset<PartitionType> partitions) {
        ScaffoldClients clients = new ScaffoldClients(SELECTOR, MODEL, partitions, CLIENTS, TRAINING);
        return mode.trainer(
                clients, TrainerOptions.builder().numParallels(workers).build());
    }

    private static Outcome run(Mode mode, int workers, PartitionedDataset<PartitionType> partitions) {
        Outcome outcome = new Outcome();
        try (var handler = handler();
                var trainer = trainer(mode, workers, partitions)) {
            while (!handler.isStopped()) {
                round(handler, trainer, outcome);
            }
        }
        return outcome;
    }

    private static void round(
            ScaffoldServerHandler handler,
            AbstractClientTrainer<ScaffoldUplinkPackage, ScaffoldDownlinkPackage, ClientConfig> trainer,
            Outcome outcome) {
        List<Integer> cids = trainer.order(handler.sampleClients());
        trainer.localProcess(handler.downlinkPackage(), cids, uplink -> {
            try (uplink) {
                handler.load(uplink);
                outcome.pids.add((Long) uplink.metadata().get("pid"));
                outcome.workers.add((Integer) uplink.metadata().get("worker"));
            }
        });
        outcome.hashes.add(handler.sha256());
    }

    /** With all of so many workers at work. */
    private Outcome met(Mode mode, int workers) {
        return run(mode, workers, Meeting.before(data.partitions(), folder, workers));
    }

    @Test
    void shouldTrainInThisProcessAndChangeTheModelInEveryRound() {
        assertThat(serial.pids).containsExactly(HERE);
        assertThat(serial.hashes).hasSize(ROUNDS).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldGiveTheSameBitsInThreads(int count) {
        Outcome threads = met(ScaffoldThreadPoolClientTrainer::new, count);

        assertThat(threads.hashes).isEqualTo(serial.hashes);
        assertThat(threads.pids).containsExactly(HERE);
        assertThat(threads.workers).hasSize(count);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void shouldGiveTheSameBitsInProcesses(int count) {
        Outcome processes = met(ScaffoldProcessPoolClientTrainer::new, count);

        assertThat(processes.hashes).isEqualTo(serial.hashes);
        assertThat(processes.pids).hasSize(count).doesNotContain(HERE);
    }

    /** And so in the other modes, which give the same bits as serial. */
    @Test
    void shouldBeFederatedAveragingInTheFirstRoundBitForBitAndInNoneAfterIt() {
        List<String> fedAvg = new ArrayList<>();
        try (var handler = new FedAvgServerHandler(SELECTOR, MODEL, data.partitions(), COMMON);
                var trainer = new FedAvgSerialClientTrainer(
                        new FedAvgClients(SELECTOR, MODEL, data.partitions(), CLIENTS, TRAINING),
                        TrainerOptions.defaults())) {
            while (!handler.isStopped()) {
                List<Integer> cids = trainer.order(handler.sampleClients());
                trainer.localProcess(handler.downlinkPackage(), cids, uplink -> {
                    try (uplink) {
                        handler.load(uplink);
                    }
                });
                fedAvg.add(handler.sha256());
            }
        }

        assertThat(fedAvg).hasSize(ROUNDS);
        assertThat(serial.hashes.get(0)).isEqualTo(fedAvg.get(0));
        assertThat(serial.hashes.subList(1, ROUNDS)).doesNotContainAnyElementsOf(fedAvg);
    }

    /** What clients keep is summed here from the changes that they send. */
    @Test
    void shouldHaveTheWeightedMeanOfTheClientsControlVariatesOnTheServer() {
        Map<Integer, Tensor> own = new LinkedHashMap<>();
        try (var handler = handler();
                var trainer = trainer(ScaffoldSerialClientTrainer::new, 1, data.partitions())) {
            while (!handler.isStopped()) {
                List<Integer> cids = trainer.order(handler.sampleClients());
                trainer.localProcess(handler.downlinkPackage(), cids, uplink -> {
                    handler.load(uplink);
                    own.merge(uplink.cid(), uplink.controlDelta(), Tensor::add);
                });
                Tensor mean = torch.zeros_like(handler.downlinkPackage().control());
                own.forEach((cid, variate) -> mean.add_(variate, new Scalar(size(cid) / allSizes())));

                assertThat(torch.allclose(handler.downlinkPackage().control(), mean, 1e-5, 1e-7, false))
                        .isTrue();
            }
            assertThat(own).hasSizeGreaterThan(4);
            assertThat(handler.downlinkPackage().control().count_nonzero().item_long())
                    .isPositive();
        }
    }

    private static double size(int cid) {
        return data.partitions().size(PartitionType.TRAIN, cid);
    }

    private static double allSizes() {
        return IntStream.range(0, CLIENTS).mapToDouble(ScaffoldModesTest::size).sum();
    }

    /** Server and clients, of which some skipped rounds, go on in another mode. */
    @Test
    void shouldGoOnFromACheckpointWithTheSameBits() {
        Outcome outcome = new Outcome();
        try (var handler = handler();
                var trainer = trainer(ScaffoldSerialClientTrainer::new, 1, data.partitions());
                Checkpoints checkpoints =
                        Checkpoints.in(folder).add("handler", handler).add("trainer", trainer)) {
            assertThat(checkpoints.resume()).isEmpty();
            round(handler, trainer, outcome);
            round(handler, trainer, outcome);
            checkpoints.save(2);
        }
        try (var handler = handler();
                var trainer = trainer(ScaffoldThreadPoolClientTrainer::new, 2, data.partitions());
                Checkpoints checkpoints =
                        Checkpoints.in(folder).add("handler", handler).add("trainer", trainer)) {
            assertThat(checkpoints.resume()).isPresent();
            while (!handler.isStopped()) {
                round(handler, trainer, outcome);
            }
        }

        assertThat(outcome.hashes).isEqualTo(serial.hashes);
    }
}

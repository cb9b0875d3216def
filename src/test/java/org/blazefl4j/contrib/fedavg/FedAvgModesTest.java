package org.blazefl4j.contrib.fedavg;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import org.blazefl4j.contrib.common.Meeting;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.SeededModelSelector;
import org.blazefl4j.data.FashionMnist;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.RandomHorizontalFlip;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same experiment in all execution modes, with the defaults: a small federation on real images. */
final class FedAvgModesTest {

    private static final int CLIENTS = 6;
    private static final int ROUNDS = 3;
    private static final long SEED = 42;
    private static final int TINY_WORKERS = 2;
    private static final SgdOptions TRAINING = SgdOptions.defaults().withEpochs(2);
    private static final long HERE = ProcessHandle.current().pid();

    /** For the files of those who meet. */
    @TempDir
    private Path folder;

    private static ImageData images;
    private static InMemoryPartitionedDataset<PartitionType> partitions;
    private static Outcome serial;

    /** The hash after every round, and who trained. */
    private record Outcome(List<String> hashes, Set<Long> pids, Set<Integer> workers) {}

    /** A way to run clients. */
    private interface Mode extends BiFunction<FedAvgClients, TrainerOptions, Trainer> {}

    /** Any of the three trainers. */
    private record Trainer(ClientTrainer<FedAvgUplinkPackage, FedAvgDownlinkPackage> rounds) {}

    private static final Mode SERIAL =
            (clients, options) -> new Trainer(new FedAvgSerialClientTrainer(clients, options));
    private static final Mode THREADS =
            (clients, options) -> new Trainer(new FedAvgThreadPoolClientTrainer(clients, options));
    private static final Mode PROCESSES =
            (clients, options) -> new Trainer(new FedAvgProcessPoolClientTrainer(clients, options));

    /** In processes, with other parameters in one client's package than it trained. */
    private static Trainer replacingOnePackage(FedAvgClients clients, TrainerOptions options) {
        return new Trainer(new FedAvgProcessPoolClientTrainer(clients, options) {
            @Override
            public FedAvgUplinkPackage convertBufferToUplink(FedAvgUplinkPackage uplink) {
                if (uplink.cid() == CLIENTS - 2) {
                    uplink.parameters().add_(new Scalar(0.5f));
                }
                return uplink;
            }
        });
    }

    @BeforeAll
    static void open() {
        images = FashionMnist.embedded();
        partitions = new InMemoryPartitionedDataset<>();
        partitions.setDataset(PartitionType.TEST, images.test());
        partitions.setClients(PartitionType.TRAIN, images.train(), unequalParts());
        serial = cnn(SERIAL, TrainerOptions.defaults(), partitions);
    }

    @AfterAll
    static void close() {
        partitions.close();
        images.close();
    }

    /** 60, 80, 100, ... samples, of all classes; 70 is no multiple of the batch size. */
    private static List<long[]> unequalParts() {
        List<long[]> parts = new ArrayList<>();
        for (int cid = 0; cid < CLIENTS; cid++) {
            long[] part = new long[60 + 20 * cid];
            int first = cid;
            Arrays.setAll(part, i -> (i * 37L + first * 1009L) % 10_000);
            parts.add(part);
        }
        return parts;
    }

    private static Outcome cnn(Mode mode, TrainerOptions options, InMemoryPartitionedDataset<PartitionType> data) {
        ModelSelector<ModelName> selector = new SeededModelSelector(SEED, 1, 28, 28, FashionMnist.CLASSES);
        return run(mode, options, selector, ModelName.CNN, data, TRAINING);
    }

    /** With all of so many workers at work. */
    private Outcome cnn(Mode mode, int workers) {
        return cnn(mode, workers(workers), Meeting.before(partitions, folder, workers));
    }

    private static <N extends Enum<N>> Outcome run(
            Mode mode,
            TrainerOptions options,
            ModelSelector<N> selector,
            N model,
            PartitionedDataset<PartitionType> data,
            SgdOptions training) {
        ServerOptions server = ServerOptions.of(ROUNDS, CLIENTS);
        FedAvgClients clients = new FedAvgClients(selector, model, data, CLIENTS, training);
        Outcome outcome = new Outcome(new ArrayList<>(), new HashSet<>(), new HashSet<>());
        try (FedAvgServerHandler handler = new FedAvgServerHandler(selector, model, data, server);
                var trainer = mode.apply(clients, options).rounds()) {
            while (!handler.isStopped()) {
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
        }
        return outcome;
    }

    private static TrainerOptions workers(int count) {
        return TrainerOptions.builder().numParallels(count).build();
    }

    @Test
    void shouldTrainInThisProcessAndChangeTheModelInEveryRound() {
        assertThat(serial.pids).containsExactly(HERE);
        assertThat(serial.hashes).hasSize(ROUNDS).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldGiveTheSameBitsInThreads(int count) {
        Outcome threads = cnn(THREADS, count);

        assertThat(threads.hashes).isEqualTo(serial.hashes);
        assertThat(threads.pids).containsExactly(HERE);
        assertThat(threads.workers).hasSize(count);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldGiveTheSameBitsInProcesses(int count) {
        Outcome processes = cnn(PROCESSES, count);

        assertThat(processes.hashes).isEqualTo(serial.hashes);
        assertThat(processes.pids).hasSize(count).doesNotContain(HERE);
    }

    @Test
    void shouldGiveOtherBitsForAnotherSeed() {
        Outcome other = cnn(PROCESSES, TrainerOptions.builder().seed(SEED + 1).build(), partitions);

        assertThat(other.hashes).hasSize(ROUNDS).doesNotHaveDuplicates().doesNotContainAnyElementsOf(serial.hashes);
    }

    @Test
    void shouldGiveOtherBitsIfOneClientsPackageIsReplaced() {
        try (TinyData data = TinyData.evenly(60, CLIENTS)) {
            Outcome expected = tiny(SERIAL, data.partitions());
            Outcome other = tiny(FedAvgModesTest::replacingOnePackage, data.partitions());

            assertThat(other.hashes)
                    .hasSize(ROUNDS)
                    .doesNotHaveDuplicates()
                    .doesNotContainAnyElementsOf(expected.hashes);
        }
    }

    @Test
    void shouldGiveTheSameBitsForAUsersOwnModelAndData() {
        try (TinyData data = TinyData.evenly(60, CLIENTS).transformed(new RandomHorizontalFlip(0.5))) {
            Outcome expected = tiny(SERIAL, data.partitions());

            assertThat(expected.hashes).hasSize(ROUNDS).doesNotHaveDuplicates();
            assertThat(tiny(THREADS, data.partitions()).hashes).isEqualTo(expected.hashes);
            requireSameInProcesses(data, expected);
        }
    }

    @Test
    void shouldGiveTheSameBitsForClientsThatHaveTensorsOfTheirOwn() {
        try (TinyData common = TinyData.evenly(60, CLIENTS);
                TinyData apart = TinyData.evenly(60, CLIENTS).apart()) {
            Outcome expected = tiny(SERIAL, common.partitions());

            assertThat(expected.hashes).hasSize(ROUNDS).doesNotHaveDuplicates();
            requireSameInProcesses(apart, expected);
        }
    }

    private void requireSameInProcesses(TinyData data, Outcome expected) {
        Outcome processes = tiny(PROCESSES, Meeting.before(data.partitions(), folder, TINY_WORKERS));

        assertThat(processes.hashes).isEqualTo(expected.hashes);
        assertThat(processes.pids).hasSize(TINY_WORKERS).doesNotContain(HERE);
    }

    /** With dropout and batch normalisation. */
    private static Outcome tiny(Mode mode, InMemoryPartitionedDataset<PartitionType> data) {
        SgdOptions training = new SgdOptions(2, 4, 0.05);
        return run(mode, workers(TINY_WORKERS), new Tiny.Selector(SEED), Tiny.CONVOLUTION, data, training);
    }

    @Test
    void shouldSendTheClientsDataOnce() {
        ModelSelector<ModelName> selector = new SeededModelSelector(SEED, 1, 28, 28, FashionMnist.CLASSES);
        FedAvgClients clients = new FedAvgClients(selector, ModelName.CNN, partitions, CLIENTS, TRAINING);
        try (FedAvgServerHandler handler =
                        new FedAvgServerHandler(selector, ModelName.CNN, partitions, ServerOptions.of(1, CLIENTS));
                var trainer = new FedAvgProcessPoolClientTrainer(clients, workers(1))) {
            trainer.localProcess(handler.downlinkPackage(), List.of(0, 1, 2), FedAvgUplinkPackage::close);

            assertThat(trainer.segmentBytes()).isLessThan(images.trainImages().nbytes());
        }
    }
}

package org.blazefl4j.contrib.dsfl;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same experiment in all execution modes: clients with different models, dropout, batch normalisation and momentum,
 * of which only some take part in each round, so that they pass from worker to worker and skip rounds.
 */
final class DsflModesTest {

    private static final int CLIENTS = 8;
    private static final Tiny.Selector SELECTOR = new Tiny.Selector(1);
    private static final List<Tiny> MODELS = IntStream.range(0, CLIENTS)
            .mapToObj(cid -> cid % 3 == 0 ? Tiny.LINEAR : Tiny.CONVOLUTION)
            .toList();
    private static final SgdOptions SGD = new SgdOptions(2, 8, 0.05);
    private static final DsflClientOptions CLIENT = new DsflClientOptions(SGD, SGD, 0.9, false);
    private static final DsflServerOptions SERVER = DsflServerOptions.of(
                    ServerOptions.of(4, CLIENTS).withSampleRatio(0.75))
            .withOpenSizePerRound(30)
            .withDistillation(SGD)
            .withMomentum(0.9);
    private static final long HERE = ProcessHandle.current().pid();

    @TempDir
    private Path folder;

    private static Outcome serial;

    /** The hash after every round, and who trained. */
    private record Outcome(List<String> hashes, Set<Long> pids, Set<Integer> workers) {}

    private record Trainer(ClientTrainer<DsflUplinkPackage, DsflDownlinkPackage> rounds) {}

    private interface Mode extends BiFunction<DsflClients, TrainerOptions, Trainer> {}

    private static final Mode SERIAL = (clients, options) -> new Trainer(new DsflSerialClientTrainer(clients, options));
    private static final Mode THREADS =
            (clients, options) -> new Trainer(new DsflThreadPoolClientTrainer(clients, options));
    private static final Mode PROCESSES =
            (clients, options) -> new Trainer(new DsflProcessPoolClientTrainer(clients, options));

    @BeforeAll
    static void train() {
        try (TinyOpenData data = data()) {
            serial = run(SERIAL, 1, data);
        }
    }

    private static TinyOpenData data() {
        return new TinyOpenData(200, 60, CLIENTS);
    }

    private Outcome met(Mode mode, int workers) {
        try (TinyOpenData data = data().met(folder, workers)) {
            return run(mode, workers, data);
        }
    }

    private static Outcome run(Mode mode, int workers, TinyOpenData data) {
        DsflClients clients = new DsflClients(SELECTOR, MODELS, data.partitions(), CLIENT);
        TrainerOptions options = TrainerOptions.builder().numParallels(workers).build();
        Outcome outcome = new Outcome(new ArrayList<>(), new HashSet<>(), new HashSet<>());
        try (var handler = new DsflServerHandler(SELECTOR, Tiny.CONVOLUTION, data.partitions(), SERVER);
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

    @Test
    void shouldTrainInThisProcessAndChangeTheModelInEveryRound() {
        assertThat(serial.pids).containsExactly(HERE);
        assertThat(serial.hashes).hasSize(4).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldGiveTheSameBitsInThreads(int count) {
        Outcome threads = met(THREADS, count);

        assertThat(threads.hashes).isEqualTo(serial.hashes);
        assertThat(threads.pids).containsExactly(HERE);
        assertThat(threads.workers).hasSize(count);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void shouldGiveTheSameBitsInProcesses(int count) {
        Outcome processes = met(PROCESSES, count);

        assertThat(processes.hashes).isEqualTo(serial.hashes);
        assertThat(processes.pids).hasSize(count).doesNotContain(HERE);
    }

    @Test
    void shouldGiveOtherBitsToClientsWithOtherModels() {
        try (TinyOpenData data = data()) {
            DsflClients same = new DsflClients(SELECTOR, Tiny.CONVOLUTION, data.partitions(), CLIENTS, CLIENT);
            Outcome other = run((clients, options) -> SERIAL.apply(same, options), 1, data);

            assertThat(other.hashes).hasSize(4).doesNotContainAnyElementsOf(serial.hashes);
        }
    }
}

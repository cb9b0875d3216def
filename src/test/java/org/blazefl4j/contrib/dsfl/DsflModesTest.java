package org.blazefl4j.contrib.dsfl;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.trainer.AbstractClientTrainer;
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

    /** Any of the three trainers. */
    private interface Mode
            extends BiFunction<
                    DsflClients,
                    TrainerOptions,
                    AbstractClientTrainer<DsflUplinkPackage, DsflDownlinkPackage, DsflClientConfig>> {}

    @BeforeAll
    static void train() {
        try (TinyOpenData data = data()) {
            serial = run(DsflSerialClientTrainer::new, 1, data);
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
        Outcome outcome = new Outcome(new ArrayList<>(), new HashSet<>(), new HashSet<>());
        try (var handler = handler(data);
                var trainer = trainer(mode, workers, data)) {
            while (!handler.isStopped()) {
                round(handler, trainer, outcome);
            }
        }
        return outcome;
    }

    private static DsflServerHandler handler(TinyOpenData data) {
        return new DsflServerHandler(SELECTOR, Tiny.CONVOLUTION, data.partitions(), SERVER);
    }

    private static AbstractClientTrainer<DsflUplinkPackage, DsflDownlinkPackage, DsflClientConfig> trainer(
            Mode mode, int workers, TinyOpenData data) {
        return mode.apply(
                new DsflClients(SELECTOR, MODELS, data.partitions(), CLIENT),
                TrainerOptions.builder().numParallels(workers).build());
    }

    private static void round(
            DsflServerHandler handler, ClientTrainer<DsflUplinkPackage, DsflDownlinkPackage> trainer, Outcome outcome) {
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

    @Test
    void shouldTrainInThisProcessAndChangeTheModelInEveryRound() {
        assertThat(serial.pids).containsExactly(HERE);
        assertThat(serial.hashes).hasSize(4).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldGiveTheSameBitsInThreads(int count) {
        Outcome threads = met(DsflThreadPoolClientTrainer::new, count);

        assertThat(threads.hashes).isEqualTo(serial.hashes);
        assertThat(threads.pids).containsExactly(HERE);
        assertThat(threads.workers).hasSize(count);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldGiveTheSameBitsInProcesses(int count) {
        Outcome processes = met(DsflProcessPoolClientTrainer::new, count);

        assertThat(processes.hashes).isEqualTo(serial.hashes);
        assertThat(processes.pids).hasSize(count).doesNotContain(HERE);
    }

    @Test
    void shouldGiveOtherBitsToClientsWithOtherModels() {
        try (TinyOpenData data = data()) {
            DsflClients same = new DsflClients(SELECTOR, Tiny.CONVOLUTION, data.partitions(), CLIENTS, CLIENT);
            Outcome other = run((clients, options) -> new DsflSerialClientTrainer(same, options), 1, data);

            assertThat(other.hashes).hasSize(4).doesNotContainAnyElementsOf(serial.hashes);
        }
    }

    @Test
    void shouldGoOnFromACheckpointInAnotherModeWithTheSameBits() {
        Outcome outcome = new Outcome(new ArrayList<>(), new HashSet<>(), new HashSet<>());
        try (TinyOpenData data = data();
                var handler = handler(data);
                var trainer = trainer(DsflSerialClientTrainer::new, 1, data);
                Checkpoints checkpoints =
                        Checkpoints.in(folder).add("handler", handler).add("trainer", trainer)) {
            round(handler, trainer, outcome);
            round(handler, trainer, outcome);
            checkpoints.save(2);
        }
        try (TinyOpenData data = data();
                var handler = handler(data);
                var trainer = trainer(DsflThreadPoolClientTrainer::new, 2, data);
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

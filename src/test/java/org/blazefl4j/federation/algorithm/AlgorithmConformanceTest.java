package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.fedAvg;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.own;
import static org.blazefl4j.federation.FederationRuns.resumed;
import static org.blazefl4j.federation.FederationRuns.resumedOwn;
import static org.blazefl4j.torch.Elements.floats;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.federation.FailingClients;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.FederationRuns.Run;
import org.blazefl4j.federation.SteppedRun;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Each algorithm gives one sequence of bits, however it is run. */
final class AlgorithmConformanceTest {

    private static final int ROUNDS = 3;

    private final TinyData data = TinyData.evenly(62, CLIENTS);

    @AfterEach
    void close() {
        data.close();
    }

    private Federation federation(Catalogue algorithm, int rounds) {
        return algorithm.of(fedAvg(Tiny.CONVOLUTION, data, rounds));
    }

    @ParameterizedTest
    @EnumSource
    void shouldGiveTheSameBitsInThreads(Catalogue algorithm) {
        List<String> expected = hashes(federation(algorithm, ROUNDS));
        assertThat(expected).doesNotHaveDuplicates();
        for (int workers : new int[] {1, 2, 3, 8}) {
            assertThat(hashes(federation(algorithm, ROUNDS), ExecutionMode.MULTI_THREADED, workers))
                    .as("workers=%d", workers)
                    .isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldGiveClientsTheSameModelsInThreadsAndAfterACheckpoint(Catalogue algorithm, @TempDir Path folder) {
        float[][] expected = own(federation(algorithm, ROUNDS));
        assertThat(own(federation(algorithm, ROUNDS), ExecutionMode.MULTI_THREADED, 3))
                .isDeepEqualTo(expected);
        resumed(federation(algorithm, ROUNDS), folder);
        assertThat(resumedOwn(federation(algorithm, ROUNDS), folder)).isDeepEqualTo(expected);
    }

    /**
     * Omits those whose packages and clients are another's: of server optimizers, of other parts of the same model and
     * of another order of gradients. Others cross with failures, below. The soak runs all.
     */
    @Slow
    @ParameterizedTest
    @EnumSource(
            mode = Mode.EXCLUDE,
            names = {
                "FEDAVG",
                "FEDAVGM",
                "NESTEROV",
                "FEDADAGRAD",
                "FEDYOGI",
                "FEDADAM",
                "FEDPER",
                "LG_FEDAVG",
                "PER_FEDAVG",
                "SCAFFOLD",
                "APFL"
            })
    void shouldGiveTheSameBitsInProcesses(Catalogue algorithm) {
        assertThat(hashes(federation(algorithm, ROUNDS), ExecutionMode.MULTI_PROCESS, 2))
                .isEqualTo(hashes(federation(algorithm, ROUNDS)));
    }

    @Tag("soak")
    @ParameterizedTest
    @EnumSource
    void shouldGiveTheSameBitsInAnyNumberOfProcesses(Catalogue algorithm) {
        List<String> expected = hashes(federation(algorithm, ROUNDS));
        for (int workers : new int[] {1, 3, 8}) {
            assertThat(hashes(federation(algorithm, ROUNDS), ExecutionMode.MULTI_PROCESS, workers))
                    .as("workers=%d", workers)
                    .isEqualTo(expected);
        }
    }

    /** Each round has another number of worker processes; the one between them has none. */
    @Tag("soak")
    @ParameterizedTest
    @EnumSource
    void shouldContinueInOtherProcesses(Catalogue algorithm, @TempDir Path folder) {
        List<String> resumed =
                new ArrayList<>(resumed(federation(algorithm, 1), folder, ExecutionMode.MULTI_PROCESS, 3));
        resumed.addAll(resumed(federation(algorithm, 2), folder, ExecutionMode.MULTI_THREADED, 2));
        resumed.addAll(resumed(federation(algorithm, ROUNDS), folder, ExecutionMode.MULTI_PROCESS, 8));
        assertThat(resumed).isEqualTo(hashes(federation(algorithm, ROUNDS)));
    }

    @ParameterizedTest
    @EnumSource
    void shouldContinueFromACheckpointOfAnyRound(Catalogue algorithm, @TempDir Path folder) {
        List<String> resumed = new ArrayList<>();
        for (int round = 1; round <= ROUNDS; round++) {
            resumed.addAll(resumed(federation(algorithm, round), folder));
        }
        assertThat(resumed).isEqualTo(hashes(federation(algorithm, ROUNDS)));
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotDependOnTheOrderOfClients(Catalogue algorithm) {
        assertThat(federation(algorithm, 1).aggregation().acceptsAnyOrder()).isTrue();
        float[] expected = model(federation(algorithm, 1), UnaryOperator.identity());
        for (int seed = 0; seed < 3; seed++) {
            Random random = new Random(seed);
            assertThat(model(federation(algorithm, 1), cids -> shuffled(cids, random)))
                    .as("seed=%d", seed)
                    .containsExactly(expected);
        }
    }

    private static List<Integer> shuffled(List<Integer> cids, Random random) {
        List<Integer> shuffled = new ArrayList<>(cids);
        Collections.shuffle(shuffled, random);
        return shuffled;
    }

    private static float[] model(Federation federation, UnaryOperator<List<Integer>> order) {
        try (var handler = federation.handler();
                var trainer = ExecutionMode.SINGLE_THREADED.trainer(federation.clients(), TrainerOptions.defaults())) {
            List<Integer> cids = order.apply(handler.sampleClients());
            trainer.localProcess(handler.downlinkPackage(), cids, uplink -> {
                try (uplink) {
                    handler.load(uplink);
                }
            });
            return floats(handler.downlinkPackage().parameters());
        }
    }

    /** Those that are drawn change it, so that a client would not keep it by chance. */
    @ParameterizedTest
    @EnumSource(
            names = {
                "FEDBN",
                "FEDPER",
                "FEDREP",
                "LG_FEDAVG",
                "DITTO",
                "APFL",
                "FEDDYN",
                "SCAFFOLD",
                "SCAFFOLD_FULL_GRADIENTS",
                "MOON"
            })
    void shouldLeaveWhatClientsKeepThatAreNotDrawn(Catalogue algorithm) {
        int rested = 0;
        try (SteppedRun run = new SteppedRun(federation(algorithm, 4))) {
            for (int round = 1; round <= 4; round++) {
                List<String> before = run.kept();
                List<Integer> drawn = run.round();
                List<String> after = run.kept();
                for (int cid = 0; cid < CLIENTS; cid++) {
                    assertThat(after.get(cid).equals(before.get(cid)))
                            .as("round %d, client %d", round, cid)
                            .isNotEqualTo(drawn.contains(cid));
                    rested += drawn.contains(cid) || before.get(cid).isEmpty() ? 0 : 1;
                }
            }
        }
        assertThat(rested).isPositive();
    }

    // ---- failures

    @ParameterizedTest
    @EnumSource
    void shouldRepeatClientsThatFailedAfterTheyHadTrained(Catalogue algorithm, @TempDir Path folder) {
        Federation federation = federation(algorithm, ROUNDS);
        Run found = resumed(
                federation,
                new FailingClients(federation, folder),
                folder.resolve("failing"),
                ExecutionMode.MULTI_THREADED,
                retrying(3));
        assertThat(found).isEqualTo(serial(federation, folder));
        assertThat(FailingClients.failures(folder)).isEqualTo(ROUNDS * 4);
    }

    private static TrainerOptions retrying(int workers) {
        return TrainerOptions.builder()
                .numParallels(workers)
                .onClientFailure(FailurePolicy.retry(1))
                .build();
    }

    private static Run serial(Federation federation, Path folder) {
        return resumed(
                federation,
                federation.clients(),
                folder.resolve("serial"),
                ExecutionMode.SINGLE_THREADED,
                TrainerOptions.defaults());
    }

    /** Eight clients a round, so that four workers have work; all fail once. Two processes continue. */
    @Slow
    @ParameterizedTest
    @CsvSource({"FEDAVG, MULTI_THREADED", "FEDADAM, MULTI_THREADED", "SCAFFOLD, MULTI_PROCESS", "APFL, MULTI_PROCESS"})
    void shouldRepeatClientsAndContinueInProcesses(Catalogue algorithm, ExecutionMode first, @TempDir Path folder) {
        int clients = 12;
        try (TinyData more = TinyData.evenly(62, clients)) {
            IntFunction<Federation> run = rounds -> algorithm.of(fedAvg(Tiny.CONVOLUTION, more, rounds, clients));
            Path saved = folder.resolve("failing");
            List<String> hashes = new ArrayList<>(
                    resumed(run.apply(1), new FailingClients(run.apply(1), folder), saved, first, retrying(4))
                            .hashes());
            Run rest = resumed(
                    run.apply(ROUNDS),
                    new FailingClients(run.apply(ROUNDS), folder),
                    saved,
                    ExecutionMode.MULTI_PROCESS,
                    retrying(2));
            hashes.addAll(rest.hashes());
            assertThat(new Run(hashes, rest.kept())).isEqualTo(serial(run.apply(ROUNDS), folder));
            assertThat(FailingClients.failures(folder)).isEqualTo(ROUNDS * 8);
        }
    }
}

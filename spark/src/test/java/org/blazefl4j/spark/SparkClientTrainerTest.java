package org.blazefl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.ModelBroadcast;
import org.blazefl4j.federation.ModelUpdate;
import org.blazefl4j.spark.SparkOptions.Inner;
import org.blazefl4j.spark.SparkOptions.Results;
import org.blazefl4j.spark.Study.Rule;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A cluster gives the bits of one machine. */
@ExtendWith(OnCluster.class)
final class SparkClientTrainerTest {

    private static final int[] TASKS = {1, 2, 7};
    private static final Map<Rule, List<String>> EXPECTED = new EnumMap<>(Rule.class);

    private static Study study;

    @BeforeAll
    static void start() {
        study = new Study();
    }

    @AfterAll
    static void end() {
        study.close();
    }

    private static List<String> expected(Rule rule) {
        return EXPECTED.computeIfAbsent(rule, study::here);
    }

    /** All, but with worker processes, which take seconds to start, each once. */
    static List<Arguments> combinations() {
        List<Arguments> all = new ArrayList<>();
        for (Rule rule : Rule.values()) {
            for (Inner inner : List.of(Inner.SERIAL, Inner.THREADS)) {
                for (Results results : Results.values()) {
                    for (int tasks : TASKS) {
                        all.add(Arguments.of(rule, inner, results, tasks));
                    }
                }
            }
        }
        all.add(Arguments.of(Rule.FEDAVG, Inner.PROCESSES, Results.EACH, 2));
        all.add(Arguments.of(Rule.SCAFFOLD, Inner.PROCESSES, Results.SUMS, 7));
        return all;
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void shouldGiveTheBitsOfOneMachine(Rule rule, Inner inner, Results results, int tasks) {
        Federation federation = study.federation(rule);
        int clients = federation.server().clientsPerRound();
        SparkOptions options = SparkOptions.defaults()
                .withInner(inner)
                .withClientsPerTask((clients + tasks - 1) / tasks)
                .withResults(results);
        try (var handler = federation.handler();
                var trainer = trainer(federation, options)) {
            assertThat(Study.hashes(handler, trainer)).isEqualTo(expected(rule));
        }
    }

    private static SparkClientTrainer<?, ModelBroadcast, ModelUpdate> trainer(
            Federation federation, SparkOptions options) {
        return new SparkClientTrainer<>(OnCluster.spark(), federation.clients(), TrainerOptions.defaults(), options);
    }

    @Test
    void shouldChooseTasksItself() {
        Federation federation = study.federation(Rule.FEDAVG);
        try (var handler = federation.handler();
                var trainer = trainer(federation, SparkOptions.defaults())) {
            assertThat(trainer.numParallels()).isEqualTo(4);
            assertThat(Study.hashes(handler, trainer)).isEqualTo(expected(Rule.FEDAVG));
            assertThat(trainer.phases().total()).isPositive();
        }
    }

    @Test
    void shouldTakePackagesInALoopOfOnesOwn() {
        Federation federation = study.federation(Rule.SCAFFOLD);
        List<String> hashes = new ArrayList<>();
        try (var handler = federation.handler();
                var trainer = trainer(federation, SparkOptions.defaults().withResults(Results.SUMS))) {
            while (!handler.isStopped()) {
                trainer.localProcess(handler.downlinkPackage(), trainer.order(handler.sampleClients()), uplink -> {
                    try (uplink) {
                        handler.load(uplink);
                    }
                });
                hashes.add(handler.evaluate(trainer.workers()).loss() + " " + handler.sha256());
            }
        }
        assertThat(hashes).isEqualTo(expected(Rule.SCAFFOLD));
    }

    /** The first round here, the second on the cluster, and the other way round. */
    @ParameterizedTest
    @MethodSource
    void shouldContinueFromCheckpointsOfOtherModes(boolean clusterFirst, @TempDir Path folder) {
        List<String> hashes = new ArrayList<>();
        for (int rounds = 1; rounds <= Study.ROUNDS; rounds++) {
            Federation federation = study.federation(Rule.SCAFFOLD, rounds);
            boolean cluster = clusterFirst == (rounds == 1);
            try (var handler = federation.handler();
                    AbstractClientTrainer<?, ModelBroadcast, ModelUpdate> trainer = cluster
                            ? trainer(federation, SparkOptions.defaults().withResults(Results.SUMS))
                            : ExecutionMode.MULTI_THREADED.trainer(federation.clients(), TrainerOptions.defaults());
                    Checkpoints checkpoints = Checkpoints.in(folder)
                            .every(1)
                            .add("handler", handler)
                            .add("trainer", trainer)) {
                checkpoints.resume();
                hashes.addAll(Study.hashes(handler, trainer, List.of(checkpoints)));
            }
        }
        assertThat(hashes).isEqualTo(expected(Rule.SCAFFOLD));
    }

    static List<Boolean> shouldContinueFromCheckpointsOfOtherModes() {
        return List.of(true, false);
    }

    @Test
    void shouldNotAddUpForHandlersThatNeedEachPackage() {
        Federation federation = study.federation(Rule.FEDNOVA);
        try (var handler = federation.handler();
                ClientTrainer<?, ?> trainer =
                        trainer(federation, SparkOptions.defaults().withResults(Results.SUMS))) {
            assertThat(trainer.addsUp()).isTrue();
            assertThat(handler.packageSum()).isEmpty();
        }
    }
}

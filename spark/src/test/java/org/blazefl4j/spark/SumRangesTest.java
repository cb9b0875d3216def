package org.blazefl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.Success$;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.federation.MeanAggregator;
import org.blazefl4j.federation.ModelBroadcast;
import org.blazefl4j.federation.ModelUpdate;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.spark.SparkOptions.Results;
import org.blazefl4j.spark.Study.Rule;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Sums that executors add up by ranges of elements give the bits of one machine. */
@ExtendWith(OnCluster.class)
final class SumRangesTest {

    private static final SparkOptions RANGES = SparkOptions.defaults()
            .withResults(Results.SUMS)
            .withClientsPerTask(2)
            .withDriverSumBytes(0);

    private static final int NOBODY = -1;

    /** A file that tells clients that executors were killed. */
    private static final String KILLED = "killed";

    private final AtomicInteger jobs = new AtomicInteger();
    private final AtomicInteger reduced = new AtomicInteger();
    private final AtomicInteger cut = new AtomicInteger();
    private final AtomicInteger removed = new AtomicInteger();
    private volatile int killAt = Integer.MAX_VALUE;

    /** Counts, and kills executors once some tasks of the first of two stages have ended. */
    private final SparkListener listener = new SparkListener() {
        @Override
        public void onJobStart(SparkListenerJobStart job) {
            jobs.incrementAndGet();
            if (job.stageIds().size() == 2) {
                reduced.incrementAndGet();
            }
        }

        @Override
        public void onTaskEnd(SparkListenerTaskEnd end) {
            boolean isCut = end.taskType().equals("ShuffleMapTask") && end.reason() == Success$.MODULE$;
            if (isCut && cut.incrementAndGet() == killAt) {
                List<ProcessHandle> executors = OnCluster.cluster().executors();
                executors.forEach(ProcessHandle::destroyForcibly);
                executors.forEach(executor -> executor.onExit().join());
                tellClients();
            }
        }

        @Override
        public void onExecutorRemoved(SparkListenerExecutorRemoved executor) {
            removed.incrementAndGet();
        }
    };

    @TempDir
    private Path folder;

    private void tellClients() {
        try {
            Files.createFile(folder.resolve(KILLED));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeEach
    void listen() {
        OnCluster.spark().sc().addSparkListener(listener);
    }

    @AfterEach
    void unlisten() {
        OnCluster.spark().sc().removeSparkListener(listener);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "FEDNOVA")
    void shouldGiveTheBitsOfOneMachine(Rule rule) {
        compare(rule);
    }

    @Test
    void shouldGiveTheBitsOfARoundWhoseExecutorsAreKilledWithTheirSums() {
        killAt = 1;
        int tasks = 4;
        Multiples multiples = new Multiples(folder.toString(), List.of(), 0, 7);
        try (var trainer = new SparkClientTrainer<>(OnCluster.spark(), multiples, TrainerOptions.defaults(), RANGES)) {
            assertThat(mean(trainer, 2 * tasks)).isEqualTo(expected(2 * tasks));
        }
        Cluster.await("removal of executors", () -> removed.get() > 0);
        Cluster.await("tasks that are run again", () -> cut.get() > tasks);
        assertThat(reduced).hasValue(1);
    }

    private void compare(Rule rule) {
        try (Study study = new Study()) {
            var federation = study.federation(rule);
            try (var handler = federation.handler();
                    var trainer = new SparkClientTrainer<>(
                            OnCluster.spark(), federation.clients(), TrainerOptions.defaults(), RANGES)) {
                assertThat(Study.hashes(handler, trainer)).isEqualTo(study.here(rule));
            }
        }
        Cluster.await("two rounds", () -> reduced.get() == Study.ROUNDS);
    }

    /**
     * Clients that multiply what they receive; some fail at an attempt, from 1, or at each, if that is 0; one waits
     * until executors were killed.
     */
    record Multiples(String folder, List<Integer> failing, int attempt, int waiting)
            implements ClientAlgorithm<Multiples.Config, ModelBroadcast, ModelUpdate> {

        record Config(int cid, String attempts, boolean fails, int attempt, boolean waits) {}

        @Override
        public Config getClientConfig(int cid) {
            return new Config(cid, folder + "/" + cid, failing.contains(cid), attempt, cid == waiting);
        }

        @Override
        public ClientWorker<Config, ModelBroadcast, ModelUpdate> worker() {
            return Multiples::train;
        }

        @Override
        public ModelUpdate prepareUplinkPackageBuffer() {
            return update(0, torch.empty(Probe.LENGTH));
        }

        private static ModelUpdate update(int cid, Tensor parameters) {
            return new ModelUpdate(cid, parameters, false, 1, List.of(), Map.of(), Map.of());
        }

        static ModelUpdate train(Config config, ModelBroadcast payload, WorkerContext context) throws Exception {
            Path attempts = Path.of(config.attempts);
            Files.writeString(attempts, "+", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            if (config.fails && (config.attempt == 0 || config.attempt == Files.size(attempts))) {
                throw new IllegalStateException("planned " + config.cid);
            }
            while (config.waits && !Files.exists(attempts.resolveSibling(KILLED))) {
                Thread.sleep(5);
            }
            Tensor parameters = context.<ModelUpdate>uplinkBuffer().parameters();
            parameters.copy_(payload.parameters()).mul_(new Scalar(1 + config.cid / 7f));
            return update(config.cid, parameters);
        }
    }

    @Test
    void shouldAddUpWhatIsTriedAgain() {
        TrainerOptions options =
                TrainerOptions.builder().onClientFailure(FailurePolicy.retry(1)).build();
        Multiples multiples = new Multiples(folder.toString(), List.of(0, 5), 1, NOBODY);
        try (var trainer = new SparkClientTrainer<>(OnCluster.spark(), multiples, options, RANGES)) {
            assertThat(mean(trainer, 8)).isEqualTo(expected(8));
            assertThat(trainer.retried())
                    .extracting(ClientFailedException::clientId)
                    .containsExactlyInAnyOrder(0, 5);
        }
    }

    @Test
    void shouldAddUpWhatIsLeft() {
        TrainerOptions options =
                TrainerOptions.builder().onClientFailure(FailurePolicy.drop()).build();
        Multiples multiples = new Multiples(folder.toString(), List.of(8), 0, NOBODY);
        try (var trainer = new SparkClientTrainer<>(OnCluster.spark(), multiples, options, RANGES)) {
            assertThat(mean(trainer, 9)).isEqualTo(expected(8));
            assertThat(trainer.dropped())
                    .extracting(ClientFailedException::clientId)
                    .containsExactly(8);
        }
    }

    /** Else clients would be in a range twice, or not at all. */
    @Test
    void shouldTrainAgainIfTasksThatAreRepeatedDoOtherwise() {
        killAt = 3;
        TrainerOptions options =
                TrainerOptions.builder().onClientFailure(FailurePolicy.retry(1)).build();
        Multiples multiples = new Multiples(folder.toString(), Probe.clients(8), 2, NOBODY);
        try (var trainer = new SparkClientTrainer<>(OnCluster.spark(), multiples, options, RANGES)) {
            assertThat(mean(trainer, 8)).isEqualTo(expected(8));
        }
        Cluster.await("jobs", () -> jobs.get() >= 2);
        assertThat(reduced).hasValue(1);
    }

    private List<Float> expected(int clients) {
        try (var trainer = ExecutionMode.SINGLE_THREADED.trainer(
                new Multiples(folder.toString(), List.of(), 0, NOBODY), TrainerOptions.defaults())) {
            return mean(trainer, clients);
        }
    }

    @SuppressWarnings("unchecked") // a sum of any packages is one of these
    private static List<Float> mean(ClientTrainer<ModelBroadcast, ModelUpdate> trainer, int clients) {
        ModelBroadcast payload = new ModelBroadcast(
                torch.arange(new Scalar((float) Probe.LENGTH)).div_(new Scalar(3f)), List.of(), Map.of());
        try (MeanAggregator mean = new MeanAggregator(ServerOptions.of(1, 1), Probe.LENGTH, Weighting.UNIFORM)) {
            if (trainer.addsUp()) {
                PackageSum<?> sum = MeanAggregator.packageSum(Probe.LENGTH, Weighting.UNIFORM, 0);
                trainer.localProcessInSums(
                        payload,
                        Probe.clients(clients),
                        (PackageSum<ModelUpdate>) sum,
                        (updates, total) -> mean.addSum(total));
            } else {
                trainer.localProcess(payload, Probe.clients(clients), update -> {
                    mean.add(update);
                    mean.fold();
                    update.close();
                });
            }
            Tensor out = torch.empty(Probe.LENGTH);
            mean.model(payload.parameters(), out);
            List<Float> values = new ArrayList<>();
            for (float value : Probe.floats(out)) {
                values.add(value);
            }
            return values;
        }
    }
}

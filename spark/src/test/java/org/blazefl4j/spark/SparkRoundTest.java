package org.blazefl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockId;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.core.WorkFailedException.RemoteWorkerException;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.spark.Probe.Deed;
import org.blazefl4j.spark.SparkOptions.Inner;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong in a round on a cluster, and how it ends: as on one machine. */
@ExtendWith(OnCluster.class)
final class SparkRoundTest {

    private static final int CLIENTS = 6;
    private static final SparkOptions TWO_TASKS = SparkOptions.defaults().withClientsPerTask(CLIENTS / 2);

    @TempDir
    Path folder;

    private SparkClientTrainer<Probe.Config, Probe.Down, Probe.Up> trainer(
            Map<Integer, Deed> deeds, FailurePolicy policy, SparkOptions options) {
        return new SparkClientTrainer<>(OnCluster.spark(), new Probe(folder, deeds), options(policy), options);
    }

    private static TrainerOptions options(FailurePolicy policy) {
        return TrainerOptions.builder().onClientFailure(policy).build();
    }

    private static List<String> round(ClientTrainer<Probe.Down, Probe.Up> trainer) {
        return Probe.round(trainer, CLIENTS);
    }

    /** Trains rounds on this machine, without the clients that misbehave. */
    private List<List<String>> here(int rounds, Integer... without) {
        List<List<String>> all = new ArrayList<>();
        try (var trainer =
                ExecutionMode.SINGLE_THREADED.trainer(new Probe(folder, Map.of()), TrainerOptions.defaults())) {
            for (int i = 0; i < rounds; i++) {
                List<String> results = round(trainer);
                results.removeIf(
                        result -> List.of(without).contains(Integer.valueOf(result.substring(0, result.indexOf(' ')))));
                all.add(results);
            }
        }
        return all;
    }

    @Test
    void shouldKeepStatesAndStreamsInListOrder() {
        try (var trainer = trainer(Map.of(), FailurePolicy.failFast(), TWO_TASKS)) {
            assertThat(List.of(round(trainer), round(trainer))).isEqualTo(here(2));
            assertThat(trainer.stateUsage().clients()).isEqualTo(CLIENTS);
        }
    }

    /** Each broadcast is a request of each executor's. */
    @Test
    void shouldSendLittleWithinTheJob() {
        try (var trainer = trainer(Map.of(), FailurePolicy.failFast(), TWO_TASKS)) {
            long before = OnCluster.spark().broadcast(1).id();
            assertThat(List.of(round(trainer))).isEqualTo(here(1));
            assertThat(OnCluster.spark().broadcast(1).id())
                    .as("the job's alone")
                    .isEqualTo(before + 2);
        }
    }

    @Test
    void shouldSendMuchOnItsOwn() {
        Probe large = new Probe(folder, Map.of(), 100_000);
        try (var trainer = new SparkClientTrainer<>(OnCluster.spark(), large, TrainerOptions.defaults(), TWO_TASKS)) {
            assertThat(List.of(round(trainer))).isEqualTo(here(1));
        }
    }

    @Test
    void shouldFreeWhatRoundsBroadcast() {
        Probe large = new Probe(folder, Map.of(), 100_000);
        int count = CLIENTS / TWO_TASKS.clientsPerTask();
        long first = OnCluster.spark().broadcast(1).id() + 1;
        long second;
        try (var trainer = new SparkClientTrainer<>(OnCluster.spark(), large, TrainerOptions.defaults(), TWO_TASKS)) {
            round(trainer);
            assertThat(held(first, count)).as("what tasks got").isEqualTo(count);
            second = OnCluster.spark().broadcast(1).id() + 1;
            round(trainer);
            Cluster.await("end of the first", () -> held(first, count) == 0);
            assertThat(held(second, count)).isEqualTo(count);
        }
        Cluster.await("end of the second", () -> held(second, count) == 0);
    }

    /** Returns how many of some broadcasts the driver has. */
    private static long held(long first, int count) {
        return LongStream.range(first, first + count)
                .filter(id -> SparkEnv.get()
                        .blockManager()
                        .getStatus(BlockId.apply("broadcast_" + id))
                        .isDefined())
                .count();
    }

    @Test
    void shouldGiveTheBitsOfARoundWhoseExecutorIsKilled() {
        // a client waits until its executor is gone, and trains in the other
        try (var trainer = trainer(Map.of(4, Deed.WAIT_ONCE), FailurePolicy.failFast(), TWO_TASKS)) {
            CompletableFuture<Void> killed = CompletableFuture.runAsync(() -> {
                Cluster.await("client 4", () -> new Probe(folder, Map.of()).hasBegun(4));
                List<ProcessHandle> executors = OnCluster.cluster().executors();
                assertThat(executors).isNotEmpty();
                executors.forEach(ProcessHandle::destroyForcibly);
            });
            assertThat(round(trainer)).isEqualTo(here(1).get(0));
            assertThat(killed).succeedsWithin(1, TimeUnit.MINUTES);
            assertThat(trainer.retried()).isEmpty();
        }
    }

    @Test
    void shouldGiveTheBitsOfARoundWithASpeculativeTask() {
        SparkOptions four = SparkOptions.defaults().withClientsPerTask(2);
        try (var trainer = trainer(Map.of(1, Deed.WAIT_ONCE), FailurePolicy.failFast(), four)) {
            assertThat(round(trainer)).isEqualTo(here(1).get(0));
        }
    }

    @Test
    void shouldReportAFailureWithItsCauseAndWorkOn() {
        try (var trainer = trainer(Map.of(1, Deed.FAIL), FailurePolicy.failFast(), TWO_TASKS)) {
            assertThatThrownBy(() -> round(trainer))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessage(
                            "client failed: client=1, round=1, worker=0: java.lang.IllegalStateException: planned 1")
                    .cause()
                    .isInstanceOf(RemoteWorkerException.class)
                    .satisfies(cause ->
                            assertThat(cause.getStackTrace()[0].getClassName()).isEqualTo(Probe.class.getName()));
            assertThat(trainer.round()).isEqualTo(1);
            trainer.localProcess(new Probe.Down(torch.ones(Probe.LENGTH)), List.of(2, 3));
            assertThat(trainer.uplinkPackage()).hasSize(2);
        }
    }

    @Test
    void shouldTryAgainWithTheSameBits() {
        Map<Integer, Deed> deeds = Map.of(0, Deed.FAIL_ONCE, 5, Deed.FAIL_ONCE);
        try (var trainer = trainer(deeds, FailurePolicy.retry(1), TWO_TASKS)) {
            assertThat(round(trainer)).isEqualTo(here(1).get(0));
            assertThat(trainer.retried())
                    .extracting(ClientFailedException::clientId)
                    .containsExactly(0, 5);
        }
    }

    @Test
    void shouldDropClients() {
        try (var trainer = trainer(Map.of(2, Deed.FAIL), FailurePolicy.retry(1).thenDrop(), TWO_TASKS)) {
            assertThat(round(trainer)).isEqualTo(here(1, 2).get(0));
            assertThat(trainer.dropped()).singleElement().satisfies(failure -> {
                assertThat(failure.clientId()).isEqualTo(2);
                assertThat(failure.attempts()).isEqualTo(2);
            });
        }
    }

    @Test
    void shouldGoOnWithoutTheClientsOfATaskThatSparkGivesUp() {
        SparkOptions single = SparkOptions.defaults().withClientsPerTask(1);
        try (var trainer = trainer(Map.of(3, Deed.HALT), FailurePolicy.drop(), single)) {
            assertThat(round(trainer)).isEqualTo(here(1, 3).get(0));
            assertThat(trainer.dropped())
                    .extracting(ClientFailedException::clientId)
                    .containsExactly(3);
            assertThat(trainer.dropped().get(0))
                    .hasMessageContaining("client failed: client=3, round=1")
                    .hasMessageContaining("Spark gave up its task: ");
        }
    }

    /** Results that came while the caller used others. */
    @Test
    void shouldKeepWhatTasksReturnedBeforeTheRoundEnds() {
        SparkOptions single = SparkOptions.defaults().withClientsPerTask(1);
        try (var trainer = trainer(Map.of(), FailurePolicy.failFast(), single)) {
            List<Probe.Up> taken = new ArrayList<>();
            assertThatThrownBy(() -> trainer.localProcess(
                            new Probe.Down(torch.ones(Probe.LENGTH)), Probe.clients(CLIENTS), up -> {
                                taken.add(up);
                                Cluster.await("end of job", SparkRoundTest::isIdle);
                                trainer.stopEvent().set();
                            }))
                    .isInstanceOf(StoppedException.class);
            List<Probe.Up> left = trainer.uplinkPackage();
            assertThat(taken.size() + left.size()).isEqualTo(CLIENTS);
            taken.forEach(Probe.Up::close);
            left.forEach(Probe.Up::close);
        }
    }

    private static boolean isIdle() {
        return OnCluster.spark().statusTracker().getActiveJobIds().length == 0;
    }

    @Test
    void shouldSurviveClientsThatEndTheirWorkerProcess() {
        SparkOptions processes = TWO_TASKS.withInner(Inner.PROCESSES);
        try (var trainer = trainer(Map.of(3, Deed.HALT), FailurePolicy.drop(), processes)) {
            assertThat(round(trainer)).isEqualTo(here(1, 3).get(0));
            assertThat(trainer.dropped())
                    .singleElement()
                    .satisfies(failure ->
                            assertThat(failure).hasMessageContaining("client=3").hasMessageContaining("exit=7"));
        }
    }

    @Test
    void shouldReportResultsThatAreNotFinite() {
        try (var trainer = trainer(Map.of(2, Deed.NAN), FailurePolicy.failFast(), TWO_TASKS)) {
            assertThat(round(trainer)).hasSize(CLIENTS);
            assertThat(trainer.nonFinite()).containsExactly(2);
        }
    }

    @Test
    void shouldDropResultsThatAreNotFiniteAndTrainTheOtherClientsOfTheTask() {
        TrainerOptions options =
                TrainerOptions.builder().onNonFinite(NonFinitePolicy.DROP).build();
        Probe probe = new Probe(folder, Map.of(1, Deed.NAN));
        try (var trainer = new SparkClientTrainer<>(OnCluster.spark(), probe, options, TWO_TASKS)) {
            assertThat(round(trainer)).isEqualTo(here(1, 1).get(0));
            assertThat(trainer.dropped())
                    .extracting(ClientFailedException::clientId)
                    .containsExactly(1);
        }
    }

    @Test
    void shouldStopAndWorkOn() {
        Probe probe = new Probe(folder, Map.of(0, Deed.WAIT_ONCE));
        try (var trainer = trainer(probe.deeds(), FailurePolicy.failFast(), TWO_TASKS)) {
            CompletableFuture<Void> stop = CompletableFuture.runAsync(() -> {
                Cluster.await("client 0", () -> probe.hasBegun(0));
                trainer.stopEvent().set();
            });
            assertThatThrownBy(() -> round(trainer))
                    .isInstanceOf(StoppedException.class)
                    .hasMessage("stopped: stop event set, round=1");
            stop.join();
            trainer.startAtRound(0);
            assertThat(round(trainer)).isEqualTo(here(1).get(0)); // states are as before
        }
    }

    @Test
    void shouldEndARoundWhenItIsClosed() {
        Probe probe = new Probe(folder, Map.of(0, Deed.WAIT));
        try (var trainer = trainer(probe.deeds(), FailurePolicy.failFast(), TWO_TASKS)) {
            CompletableFuture<Void> close = CompletableFuture.runAsync(() -> {
                Cluster.await("client 0", () -> probe.hasBegun(0));
                trainer.close();
            });
            assertThatThrownBy(() -> round(trainer))
                    .isInstanceOf(StoppedException.class)
                    .hasMessageContaining("trainer closed");
            close.join();
        }
    }

    @Test
    void shouldFreeExecutorsThatWereBusyWhenItWasClosed() {
        Probe busy = new Probe(folder, Map.of(0, Deed.WAIT));
        SparkOptions single = SparkOptions.defaults().withClientsPerTask(1);
        try (var other = trainer(busy.deeds(), FailurePolicy.failFast(), single)) {
            String session;
            CompletableFuture<Void> work;
            try (var closed = trainer(Map.of(), FailurePolicy.failFast(), single)) {
                session = closed.session();
                round(closed);
                work = CompletableFuture.runAsync(() -> train(other, 0));
                Cluster.await("client 0", () -> busy.hasBegun(0));
            }
            other.stopEvent().set();
            assertThatThrownBy(work::join).hasCauseInstanceOf(StoppedException.class);
            Cluster.await("end of the session", () -> {
                train(other, 1, 2, 3, 4);
                return !anyHas(session);
            });
        }
    }

    private static void train(ClientTrainer<Probe.Down, Probe.Up> trainer, Integer... cids) {
        trainer.localProcess(new Probe.Down(torch.ones(Probe.LENGTH)), List.of(cids), Probe.Up::close);
    }

    /** Returns whether an executor has a session. */
    private static boolean anyHas(String session) {
        return OnCluster.spark()
                .parallelize(Probe.clients(16), 16)
                .map(task -> {
                    Thread.sleep(20); // so that no executor runs them all
                    return ExecutorSession.names().contains(session);
                })
                .collect()
                .contains(true);
    }

    @Test
    void shouldEvaluateClientsWithTheirStates() {
        List<List<String>> found = new ArrayList<>();
        try (var spark = trainer(Map.of(), FailurePolicy.failFast(), TWO_TASKS);
                var serial =
                        ExecutionMode.SINGLE_THREADED.trainer(new Probe(folder, Map.of()), TrainerOptions.defaults())) {
            for (ClientTrainer<Probe.Down, Probe.Up> trainer : List.of(spark, serial)) {
                round(trainer);
                Probe.Down payload = new Probe.Down(torch.ones(Probe.LENGTH));
                found.add(trainer.<Probe.Config, String>evaluate(payload, Probe.clients(CLIENTS + 2), Probe::evaluate));
            }
        }
        assertThat(found.get(0)).hasSize(CLIENTS + 2).isEqualTo(found.get(1));
    }

    record Numbers(Tensor values) {}

    static String sum(int shard, Numbers numbers, WorkerContext context) {
        return shard + " " + numbers.values().sum().item_float() + " "
                + context.shared("more").sum().item_float();
    }

    @Test
    void shouldShareTensorsWithShards() {
        try (var trainer = trainer(Map.of(), FailurePolicy.failFast(), TWO_TASKS);
                Tensor values = torch.ones(5)) {
            trainer.share("more", torch.ones(3));
            trainer.workers().share(new Numbers(values));
            assertThat(trainer.workers().map("sums", new Numbers(values), 3, SparkRoundTest::sum))
                    .containsExactly("0 5.0 3.0", "1 5.0 3.0", "2 5.0 3.0");
        }
    }

    @Test
    void shouldRefuseForeignProcessors() {
        try (var trainer = new SparkClientTrainer<>(
                OnCluster.spark(),
                new Probe(folder, Map.of()),
                TrainerOptions.defaults(),
                TWO_TASKS,
                SparkRoundTest::foreign)) {
            assertThatThrownBy(() -> round(trainer))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageMatching("numeric environment differs from the driver's: executor=\\d+, found=cpuModel:"
                            + " Abacus against .*; expected=no difference; give the cluster processors of one kind,"
                            + " and executors the driver's libraries and environment variables");
        }
    }

    static NumericEnvironment foreign() {
        NumericEnvironment own = NumericEnvironment.capture();
        return new NumericEnvironment(
                own.blazefl4j(),
                own.libTorch(),
                own.javaCpp(),
                own.libc(),
                own.blas(),
                "Abacus",
                own.cpuFeatures(),
                own.cpuCaches(),
                own.cpuCapability(),
                own.oneDnn(),
                own.oneDnnVariables(),
                own.cuda(),
                own.oneDnnEnabled(),
                own.defaultDtype(),
                own.float32MatmulPrecision(),
                own.cudaConvPrecision(),
                own.cudaRnnPrecision(),
                own.deterministicAlgorithms(),
                own.deterministicCuDnn(),
                own.benchmarkCuDnn(),
                own.fillUninitializedMemory(),
                own.flushDenormal(),
                own.intraOpThreads());
    }

    @Test
    void shouldRefuseFunctionsThatCannotCross() {
        Thread thread = Thread.currentThread();
        assertThatThrownBy(() -> {
                    try (var trainer = trainer(Map.of(), FailurePolicy.failFast(), TWO_TASKS)) {
                        trainer.workers()
                                .map(
                                        "names",
                                        new Numbers(torch.ones(1)),
                                        1,
                                        (shard, numbers, context) -> thread.getName());
                    }
                })
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("captured[0], type=java.lang.Thread");
    }
}

package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.blazefl4j.trainer.PoolClients.cids;
import static org.blazefl4j.trainer.PoolClients.down;
import static org.blazefl4j.trainer.PoolClients.first;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.trainer.PoolClients.Action;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.trainer.PoolClients.Down;
import org.blazefl4j.trainer.PoolClients.Order;
import org.blazefl4j.trainer.PoolClients.Up;
import org.blazefl4j.util.Fault;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Worker processes that die or freeze at each stage, by real signals, while their pool runs on. Each time at most one
 * client is affected, the next round gives the right bits, and nothing is left over.
 */
@Slow
@ParameterizedClass
@EnumSource
final class WorkerFaultsTest {

    /** What the pool does about clients that fail. */
    enum Policy {
        FAIL_FAST(FailurePolicy.failFast()),
        RETRY(FailurePolicy.retry(2));

        private final FailurePolicy policy;

        Policy(FailurePolicy policy) {
            this.policy = policy;
        }
    }

    private static final int FLOATS = 10_000;
    private static final int WORKERS = 3;
    private static final int CLIENTS = 6;
    private static final Duration HEARTBEAT = Duration.ofSeconds(5);

    private static final List<String> POINTS = List.of(
            "STARTING", "IDLE", "CLAIMED", "DECODING", "TRAINING", "SLOT_HALF_WRITTEN", "BEFORE_DONE", "AFTER_DONE");

    /** The stages at which a worker has a client, whose result is not yet committed. */
    private static final Set<String> WITH_CLIENT =
            Set.of("CLAIMED", "DECODING", "TRAINING", "SLOT_HALF_WRITTEN", "BEFORE_DONE");

    /** The client whose worker is stopped: the first of the list, so that no package is handed over meanwhile. */
    private static final int STOPPED = 0;

    private static final List<String> OUTPUT = new CopyOnWriteArrayList<>();

    @TempDir
    private static Path folder;

    private static Algorithm algorithm;
    private static Holdings before;
    private static Holdings open;
    private static ProcessPoolClientTrainer<Order, Down, Up> trainer;

    @Parameter
    private Policy policy;

    @BeforeParameterizedClassInvocation
    static void openPool(Policy policy) {
        algorithm = new Algorithm(FLOATS);
        cids(CLIENTS).forEach(cid -> algorithm.order(cid, Action.ADD_ELSEWHERE)); // is copied to its slot
        before = Holdings.now();
        trainer = open(policy);
        requireWholeRound();
        open = Holdings.now();
    }

    private static ProcessPoolClientTrainer<Order, Down, Up> open(Policy policy) {
        String faults = POINTS.stream()
                .flatMap(point -> Stream.of("kill", "stop", "wait").map(action -> fault(point, action)))
                .collect(Collectors.joining(";"));
        ProcessOptions process = ProcessOptions.builder()
                .jvmArguments(Fault.arguments(faults))
                .heartbeat(HEARTBEAT)
                .crashFolder(folder)
                .output((worker, line) -> OUTPUT.add(line))
                .build();
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(WORKERS)
                .onClientFailure(policy.policy)
                .build();
        var opened = new ProcessPoolClientTrainer<>(algorithm, options, process);
        opened.awaitReady();
        return opened;
    }

    @AfterEach
    void requireTheNextRoundAndNothingLeftOver() {
        requireWholeRound();
        assertThat(trainer.retried()).isEmpty();
        open.awaitNoMore();
    }

    @AfterParameterizedClassInvocation
    static void closePool() {
        trainer.close();
        before.awaitNoMore();
    }

    /** Waits until the workers that the test before has lost are replaced. */
    private static List<Long> pidsOfReadyWorkers() {
        Conditions.await("all workers run", () -> trainer.workerPids().stream().allMatch(Conditions::isRunning));
        trainer.awaitReady();
        return trainer.workerPids();
    }

    // ---- faults, which strike the first worker that gets there after they were armed

    private static String fault(String point, String action) {
        Path trigger = trigger(point, action);
        String client = action.equals("stop") && WITH_CLIENT.contains(point) ? ",client=" + STOPPED : "";
        return point + ",do=" + action + ",when=" + trigger + ",file=" + trigger + ".pid" + client;
    }

    private static Path trigger(String point, String action) {
        return folder.resolve(point + "-" + action);
    }

    private static void arm(String point, String action) {
        Path trigger = trigger(point, action);
        try {
            Files.deleteIfExists(struck(point, action));
            Files.createFile(trigger);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Path struck(String point, String action) {
        return Path.of(trigger(point, action) + ".pid");
    }

    /** Waits until the fault has struck; returns the process id of the worker. */
    private static long awaitStruck(String point, String action) {
        Path file = struck(point, action);
        Conditions.awaitFile(file);
        try {
            return Long.parseLong(Files.readString(file));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    // ---- rounds

    private static void requireRight(List<Up> ups) {
        assertThat(ups).allSatisfy(up -> {
            assertThat(first(up.x().min())).isEqualTo(50 + up.cid());
            assertThat(first(up.x().max())).isEqualTo(50 + up.cid());
        });
        ups.forEach(Up::close);
    }

    /** Runs a round and checks the result of every client. */
    private static void requireWholeRound() {
        requireWholeRound(up -> {});
    }

    private static void requireWholeRound(Consumer<Up> watcher) {
        List<Up> ups = new ArrayList<>();
        trainer.localProcess(down(FLOATS, 50), cids(CLIENTS), up -> {
            watcher.accept(up);
            ups.add(up);
        });
        assertThat(ups).extracting(Up::cid).isEqualTo(cids(CLIENTS));
        requireRight(ups);
    }

    /** Runs a round that fails by one client, and checks the results of the others. */
    private static ClientFailedException requireFailedRound() {
        ClientFailedException failure = catchThrowableOfType(
                ClientFailedException.class, () -> trainer.localProcess(down(FLOATS, 50), cids(CLIENTS)));
        List<Up> others = trainer.uplinkPackage();
        assertThat(others)
                .extracting(Up::cid)
                .isSorted()
                .doesNotHaveDuplicates()
                .doesNotContain(failure.clientId());
        requireRight(others);
        assertThat(trainer.uplinkPackage()).isEmpty();
        return failure;
    }

    /** Runs a round in which clients fail and, if the policy says so, are retried; returns their failures. */
    private List<ClientFailedException> failuresOfARound() {
        if (policy == Policy.FAIL_FAST) {
            ClientFailedException failure = requireFailedRound();
            List<ClientFailedException> failures = new ArrayList<>(List.of(failure));
            Stream.of(failure.getSuppressed())
                    .map(ClientFailedException.class::cast)
                    .forEach(failures::add);
            return failures;
        }
        requireWholeRound();
        return trainer.retried();
    }

    // ---- deaths

    @ParameterizedTest
    @ValueSource(
            strings = {"CLAIMED", "DECODING", "TRAINING", "SLOT_HALF_WRITTEN", "BEFORE_DONE", "AFTER_DONE", "IDLE"})
    void shouldLoseAtMostOneClientWhenAWorkerDiesAt(String point) {
        arm(point, "kill");
        if (point.equals("IDLE")) {
            awaitStruck(point, "kill");
        }
        if (WITH_CLIENT.contains(point)) {
            assertThat(failuresOfARound())
                    .singleElement()
                    .asString()
                    .contains("worker process ended: pid=" + awaitStruck(point, "kill") + ", exit=137 (SIGKILL?");
        } else {
            requireWholeRound();
            assertThat(trainer.retried()).isEmpty();
        }
        long pid = awaitStruck(point, "kill");
        Conditions.await("the end of worker " + pid, () -> !Conditions.isRunning(pid));
    }

    @Test
    void shouldStartAnotherWhenAWorkerDiesAsItStarts() {
        List<Long> pids = pidsOfReadyWorkers();
        arm("STARTING", "kill");

        Conditions.signal("KILL", pids.get(0));

        long second = awaitStruck("STARTING", "kill");
        requireWholeRound();
        Conditions.await("a third worker", () -> {
            long pid = trainer.workerPids().get(0);
            return pid != second && pid != pids.get(0) && Conditions.isRunning(pid);
        });
    }

    @ParameterizedTest
    @CsvSource({
        "USR1, 'worker process ended: pid=%d, exit=138 (signal 10?)'",
        "SEGV, 'worker process ended: pid=%d, exit=1, crash report='"
    })
    void shouldSayHowAWorkerEnded(String signal, String text) {
        ClientFailedException failure = failureByASignal(signal);

        assertThat(failure).hasMessageContaining(String.format(text, awaitStruck("TRAINING", "wait")));
        assertThat(Path.of("").toAbsolutePath().toFile().list())
                .noneMatch(name -> name.startsWith("hs_err") || name.startsWith("core"));
    }

    private ClientFailedException failureByASignal(String signal) {
        arm("TRAINING", "wait");
        CompletableFuture<?> killer =
                CompletableFuture.runAsync(() -> Conditions.signal(signal, awaitStruck("TRAINING", "wait")));
        List<ClientFailedException> failures = failuresOfARound();
        killer.join();
        assertThat(failures).hasSize(1);
        return failures.get(0);
    }

    @Test
    void shouldReportACrashOnceAndKeepItsReportInTheCrashFolder() {
        ClientFailedException failure = failureByASignal("SEGV");

        Path report =
                folder.resolve("blazefl4j-crash-" + failure.worker() + "-" + awaitStruck("TRAINING", "wait") + ".log");
        assertThat(report).content().contains("SIGSEGV");
        assertThat(failure).hasMessageContaining(", crash report=" + report + ": SIGSEGV (0xb) at pc=0x");
        assertThat(failure.getMessage().split("SIGSEGV", -1)).as("told once").hasSize(2);
        assertThat(OUTPUT).as("as the JVM tells of it").contains("# " + report);
    }

    @ParameterizedTest
    @ValueSource(strings = {"HUP", "INT", "TERM"})
    void shouldLeaveSignalsToAllProcessesToTheParent(String signal) {
        List<Long> pids = pidsOfReadyWorkers();
        arm("TRAINING", "stop");
        CompletableFuture<?> sender = CompletableFuture.runAsync(() -> {
            long pid = awaitStruck("TRAINING", "stop");
            Conditions.await("it stops", () -> Conditions.isStopped(pid));
            Conditions.signal(signal, pids.toArray(Long[]::new));
            Conditions.signal("CONT", pid);
        });

        requireWholeRound();

        sender.join();
        assertThat(trainer.retried()).isEmpty();
        assertThat(trainer.workerPids()).isEqualTo(pids);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, WORKERS})
    void shouldContinueWhenSeveralWorkersDieAtOnce(int dying) {
        List<String> points =
                List.of("TRAINING", "SLOT_HALF_WRITTEN", "BEFORE_DONE").subList(0, dying);
        points.forEach(point -> arm(point, "wait"));
        CompletableFuture<?> killer = CompletableFuture.runAsync(() -> {
            Long[] pids =
                    points.stream().map(point -> awaitStruck(point, "wait")).toArray(Long[]::new);
            assertThat(Conditions.signal("KILL", pids)).isTrue();
        });

        List<ClientFailedException> failures = failuresOfARound();

        assertThat(failures)
                .hasSize(dying)
                .allSatisfy(failure -> assertThat(failure)
                        .hasMessageContaining("worker process ended: pid=")
                        .hasMessageContaining("exit=137"))
                .extracting(ClientFailedException::clientId)
                .doesNotHaveDuplicates();
        killer.join();
    }

    // ---- freezes

    @ParameterizedTest
    @ValueSource(strings = {"SLOT_HALF_WRITTEN", "BEFORE_DONE"})
    void shouldEndAFrozenWorkerBeforeItsSlotIsUsedAgain(String point) {
        arm(point, "stop");
        CompletableFuture<Long> frozen = CompletableFuture.supplyAsync(() -> {
            long pid = awaitStruck(point, "stop");
            Conditions.await("it stops", () -> Conditions.isStopped(pid) || !Conditions.isRunning(pid));
            return pid;
        });
        String text;
        if (policy == Policy.RETRY) {
            List<Boolean> wake = new ArrayList<>();
            requireWholeRound(up -> wake.add(frozen.isDone() && Conditions.signal("CONT", frozen.join())));
            assertThat(trainer.retried())
                    .singleElement()
                    .extracting(ClientFailedException::clientId)
                    .isEqualTo(STOPPED);
            assertThat(wake).as("there to be woken").hasSize(CLIENTS).doesNotContain(true);
            text = trainer.retried().get(0).getMessage();
        } else {
            text = requireFailedRound().getMessage();
            assertThat(Conditions.signal("CONT", frozen.join()))
                    .as("there to be woken")
                    .isFalse();
        }
        assertThat(text)
                .contains("worker process froze and was killed, no sign of life for "
                        + HEARTBEAT.toMillis() + " ms (a full heap or a busy machine can do this: a larger -Xmx in"
                        + " ProcessOptions.jvmArguments, or a longer ProcessOptions.heartbeat): pid=" + frozen.join()
                        + ", exit=137 (SIGKILL)")
                .doesNotContain("out-of-memory");
    }

    @Test
    void shouldReplaceAWorkerThatFreezesBetweenRounds() {
        arm("IDLE", "stop");
        long frozen = awaitStruck("IDLE", "stop");

        requireWholeRound();

        Conditions.await("it is replaced", () -> !trainer.workerPids().contains(frozen));
        assertThat(Conditions.isRunning(frozen)).isFalse();
    }

    @Test
    void shouldContinueWithAWorkerThatWakesInTime() {
        List<Long> pids = pidsOfReadyWorkers();
        arm("TRAINING", "stop");
        CompletableFuture<?> waker = CompletableFuture.runAsync(() -> {
            long pid = awaitStruck("TRAINING", "stop");
            Conditions.await("it stops", () -> Conditions.isStopped(pid));
            Conditions.signal("CONT", pid);
        });

        requireWholeRound();

        waker.join();
        assertThat(trainer.retried()).isEmpty();
        assertThat(trainer.workerPids()).isEqualTo(pids);
    }
}

package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.blazefl4j.trainer.PoolClients.cids;
import static org.blazefl4j.trainer.PoolClients.down;
import static org.blazefl4j.trainer.PoolClients.first;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.Device;
import org.blazefl4j.trainer.PoolClients.Action;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.trainer.PoolClients.Down;
import org.blazefl4j.trainer.PoolClients.Order;
import org.blazefl4j.trainer.PoolClients.Up;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that misbehave. The next round must work each time. WorkerFaultsTest has workers that die or freeze. */
@Slow
final class ProcessPoolFailuresTest {

    private static final int FLOATS = 100_000;

    private static final List<String> LINES = Collections.synchronizedList(new ArrayList<>());
    private static final Algorithm ALGORITHM = new Algorithm(FLOATS);
    private static Holdings before;
    private static ProcessPoolClientTrainer<Order, Down, Up> shared;

    private ProcessPoolClientTrainer<Order, Down, Up> trainer = shared;
    private CompletableFuture<ClientFailedException> round;

    @TempDir
    private Path folder;

    @BeforeAll
    static void openShared() {
        before = Holdings.now();
        shared = open(2);
    }

    @AfterAll
    static void closeShared() {
        shared.close();
        before.awaitNoMore();
    }

    @AfterEach
    void forget() {
        forgetOrders();
        if (trainer != shared) {
            trainer.close();
        }
    }

    private static void forgetOrders() {
        cids(20).forEach(cid -> ALGORITHM.order(cid, Action.ADD));
    }

    private static ProcessPoolClientTrainer<Order, Down, Up> open(int workers, String... jvmArguments) {
        ProcessOptions process = ProcessOptions.builder()
                .jvmArguments(List.of(jvmArguments))
                .output((worker, line) -> LINES.add(line))
                .build();
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(workers)
                .grace(Duration.ofMillis(500))
                .build();
        var opened = new ProcessPoolClientTrainer<>(ALGORITHM, options, process);
        opened.awaitReady();
        return opened;
    }

    private ClientFailedException failRound(int clients) {
        return catchThrowableOfType(
                ClientFailedException.class, () -> trainer.localProcess(down(FLOATS, 0), cids(clients)));
    }

    private CompletableFuture<ClientFailedException> failRoundBeside(int clients) {
        return CompletableFuture.supplyAsync(() -> failRound(clients));
    }

    private void requireNextRoundWorks() {
        forgetOrders();
        trainer.localProcess(down(FLOATS, 50), cids(4));
        List<Up> ups = trainer.uplinkPackage();
        assertThat(ups).extracting(up -> first(up.x())).containsExactly(50f, 51f, 52f, 53f);
        ups.forEach(Up::close);
    }

    /** A hook that throws while a failure is handled would leave lanes that no later round could use. */
    @Test
    void shouldAskForAClientsDeviceOnceWithRetries() {
        Set<Integer> asked = new HashSet<>();
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(2)
                .onClientFailure(FailurePolicy.retry(2))
                .build();
        trainer = new ProcessPoolClientTrainer<>(ALGORITHM, options) {
            @Override
            public Device getClientDevice(int cid) {
                if (!asked.add(cid)) {
                    throw new UnsupportedOperationException("asked twice: " + cid);
                }
                return super.getClientDevice(cid);
            }
        };
        ALGORITHM.order(5, Action.THROW);
        assertThat(failRound(20)).hasMessageContaining("client failed: client=5, round=1");
        trainer.uplinkPackage().forEach(Up::close);
        asked.clear();
        requireNextRoundWorks();
    }

    @Test
    void shouldNameTheExitValueWhenAWorkerExits() {
        ALGORITHM.order(1, Action.EXIT);
        List<Long> before = trainer.workerPids();
        ClientFailedException failure = failRound(3);
        assertThat(failure)
                .hasMessageMatching(
                        "(?s)client failed: client=1, round=[0-9]+, worker=[01]: worker process ended: pid=[0-9]+,"
                                + " exit=3 \\(perhaps client code called System.exit\\).*");
        List<Up> others = trainer.uplinkPackage();
        assertThat(others).extracting(Up::cid).doesNotContain(1).isSorted();
        others.forEach(Up::close);
        requireNextRoundWorks();
        Conditions.await("a new worker", () -> !trainer.workerPids().equals(before));
    }

    @Test
    void shouldSayThatAResultWasLostWithItsWorker() {
        trainer = open(1);
        List<Long> before = trainer.workerPids();
        ALGORITHM.order(1, Action.TALKATIVE).order(2, Action.EXIT);
        ClientFailedException failure = catchThrowableOfType(
                ClientFailedException.class,
                () -> trainer.localProcess(down(FLOATS, 0), cids(3), up -> {
                    Conditions.await("a new worker", () -> !trainer.workerPids().equals(before));
                    up.close();
                }));
        assertThat(failure)
                .hasMessageContaining("client=1")
                .hasMessageContaining(
                        "its result was lost with its worker: worker process ended: pid=" + before.get(0));
        assertThat(failure.getSuppressed())
                .singleElement()
                .asString()
                .contains("client=2")
                .contains("exit=3");
        requireNextRoundWorks();
    }

    @Test
    void shouldFailTheClientWhoseResultThisProcessCannotRead() {
        List<Up> others;
        try {
            Up.broken = new OutOfMemoryError("test");
            assertThat(failRound(2))
                    .hasMessageContaining("client=0")
                    .hasMessageContaining("its result cannot be read: java.lang.OutOfMemoryError: test");
            others = trainer.uplinkPackage();
        } finally {
            Up.broken = null;
        }
        assertThat(others).isEmpty();
        requireNextRoundWorks();
    }

    @Test
    void shouldNoticeThatAWorkerHasEndedWhenTheCommonPoolIsBusy() throws Exception {
        Process parent = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2",
                        "-classpath",
                        System.getProperty("java.class.path"),
                        BusyPoolProgram.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = parent.inputReader()) {
            assertThat(parent.waitFor()).isZero();
            assertThat(lines.readLine()).contains("client failed: client=0").contains("exit=3");
        } finally {
            parent.destroyForcibly();
        }
    }

    @Test
    void shouldContinueWhenAWorkerPrintsALot() {
        LINES.clear();
        ALGORITHM.order(0, Action.PRINT);
        trainer.localProcess(down(FLOATS, 0), cids(1), Up::close);
        Conditions.await("last lines", () -> LINES.contains("out 19999") && LINES.contains("err 19999"));
        assertThat(LINES).filteredOn(line -> line.startsWith("err ")).hasSize(20_000);
        assertThat(LINES).allSatisfy(line -> assertThat(line.length()).isLessThan(10_000));
    }

    @Test
    void shouldQuoteStandardErrorWhenAWorkerDiesAfterPrinting() {
        trainer = open(1);
        ALGORITHM.order(0, Action.PRINT);
        ALGORITHM.order(1, Action.EXIT);
        assertThat(failRound(2))
                .hasMessageContaining("stderr:")
                .hasMessageContaining("err 19999")
                .hasMessageNotContaining("err 10000");
    }

    @Test
    void shouldRefuseAClientThatKeepsTheUplinkBufferAndReplaceItsWorker() {
        List<Long> before = trainer.workerPids();
        ALGORITHM.order(0, Action.KEEP_BUFFER);
        assertThat(failRound(1)).hasMessageContaining("uplink buffer still in use: client=0");
        requireNextRoundWorks();
        Conditions.await("a new worker", () -> !trainer.workerPids().equals(before));
    }

    @Test
    void shouldReplaceAWorkerWithAHangingShutdownHook() {
        trainer = open(1);
        ALGORITHM.order(0, Action.KEEP_BUFFER_AND_HANG);
        assertThat(failRound(1)).hasMessageContaining("uplink buffer still in use: client=0");
        requireNextRoundWorks();
    }

    @Test
    void shouldReplaceAWorkerOnlyWhenItsFailureWasRead() {
        trainer = open(1);
        long pid = trainer.workerPids().get(0);
        ALGORITHM.order(1, Action.KEEP_BUFFER_AND_THROW);
        assertThatThrownBy(() -> trainer.localProcess(down(FLOATS, 0), cids(2), up -> {
                    up.close();
                    giveTimeToEnd(pid);
                }))
                .hasMessageContaining("client=1")
                .hasMessageContaining("java.lang.IllegalStateException: long...");
        Conditions.await("the worker ends", () -> !Conditions.isRunning(pid));
        requireNextRoundWorks();
    }

    /** Waits long enough for a process that would end at once. */
    private static void giveTimeToEnd(long pid) {
        for (int i = 0; i < 100 && Conditions.isRunning(pid); i++) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }

    @Test
    void shouldNameTheClientWhenItWritesToThePayload() {
        ALGORITHM.order(3, Action.WRITE_TO_PAYLOAD);
        assertThat(failRound(8))
                .hasMessageContaining("client failed: client=3, round=")
                .hasMessageContaining(
                        "client wrote to the payload, which is read-only: tensor=payload.x; clone it first");
        requireNextRoundWorks();
    }

    @Test
    void shouldKillClientsThatDoNotStopWhenTheSinkThrows() {
        Path started = folder.resolve("started");
        ALGORITHM.order(new Order(1, Action.FOR_EVER, 0, started, null));
        assertThatThrownBy(() -> trainer.localProcess(down(FLOATS, 0), cids(2), up -> {
                    Conditions.awaitFile(started);
                    throw new IllegalArgumentException("sink");
                }))
                .hasMessage("sink");
        requireNextRoundWorks();
    }

    @Test
    void shouldFailWithTheNumbersWhenTheCallerKeepsTooManyPackages() {
        trainer = new ProcessPoolClientTrainer<>(
                ALGORITHM,
                TrainerOptions.builder().numParallels(1).slots(2).maxSlots(3).build());
        List<Up> kept = new ArrayList<>();
        assertThatThrownBy(() -> trainer.localProcess(down(FLOATS, 0), cids(5), kept::add))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no free slot: held=3, limit=3; close packages");
        assertThat(kept).hasSize(3);
        kept.forEach(Up::close);
        requireRoundsWorkWhenClosed();
    }

    private void requireRoundsWorkWhenClosed() {
        List<Integer> seen = new ArrayList<>();
        trainer.localProcess(down(FLOATS, 0), cids(5), up -> {
            seen.add(up.cid());
            up.close();
        });
        assertThat(seen).isEqualTo(cids(5));
    }
}

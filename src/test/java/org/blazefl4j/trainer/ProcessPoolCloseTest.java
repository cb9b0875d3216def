package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.PoolClients.cids;
import static org.blazefl4j.trainer.PoolClients.down;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.trainer.PoolClients.Action;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.trainer.PoolClients.Down;
import org.blazefl4j.trainer.PoolClients.Order;
import org.blazefl4j.trainer.PoolClients.Up;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Closing a trainer leaves nothing behind. */
@Slow
final class ProcessPoolCloseTest {

    private static final int FLOATS = 1000;

    /** A close that waits for the grace time to pass fails. */
    private static final Duration GRACE = Conditions.PATIENCE;

    /** The grace time of tests in which a worker has to be killed, or its output does not end. */
    private static final Duration SHORT = Duration.ofMillis(500);

    private final Algorithm algorithm = new Algorithm(FLOATS);
    private final AtomicReference<Consumer<String>> listener = new AtomicReference<>(line -> {});
    private final Holdings before = Holdings.now();
    private ProcessPoolClientTrainer<Order, Down, Up> trainer;
    private List<Long> pids = List.of();

    @TempDir
    private Path folder;

    private void openTrainer(Duration grace) {
        long open = Conditions.segmentsOpen();
        trainer = newTrainer(grace, List.of());
        trainer.awaitReady();
        pids = trainer.workerPids();
        assertThat(pids).allSatisfy(pid -> assertThat(Conditions.isRunning(pid)).isTrue());
        assertThat(Conditions.segmentsOpen()).isGreaterThan(open);
    }

    private ProcessPoolClientTrainer<Order, Down, Up> newTrainer(Duration grace, List<String> jvmArguments) {
        return new ProcessPoolClientTrainer<>(
                algorithm,
                TrainerOptions.builder()
                        .numParallels(2)
                        .grace(grace)
                        .onClientFailure(FailurePolicy.retry(100))
                        .build(),
                ProcessOptions.builder()
                        .output((worker, line) -> listener.get().accept(line))
                        .jvmArguments(jvmArguments)
                        .build());
    }

    /** Fails a test that leaves anything of the trainer. */
    @AfterEach
    void requireNothingLeft() {
        trainer.close();
        assertThat(pids).noneMatch(Conditions::isRunning);
        before.awaitNoMore();
    }

    private void closeWithinGrace() {
        long start = System.nanoTime();
        trainer.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(GRACE);
    }

    /** Starts a round and waits until its first client runs. */
    private CompletableFuture<Void> startRound(Action action) {
        Path started = folder.resolve("started");
        algorithm.order(new Order(0, action, 0, started, null));
        CompletableFuture<Void> round =
                CompletableFuture.runAsync(() -> trainer.localProcess(down(FLOATS, 0), cids(3), Up::close));
        Conditions.awaitFile(started);
        return round;
    }

    @Test
    void shouldNotWaitForAListenerThatDoesNotReturn() {
        CountDownLatch reading = new CountDownLatch(1);
        listener.set(line -> {
            try {
                reading.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            trainer = newTrainer(SHORT, List.of("-showversion", "-Xlog:gc+init:stdout"));
            pids = trainer.workerPids();
            closeWithinGrace();
        } finally {
            reading.countDown();
        }
    }

    @Test
    void shouldKillClientsThatDoNotStopWhenClosedDuringARound() {
        openTrainer(SHORT);
        CompletableFuture<Void> round = startRound(Action.FOR_EVER);
        closeWithinGrace();
        assertThatThrownBy(round::join).hasCauseInstanceOf(StoppedException.class);
    }

    @Test
    void shouldKillAStoppedWorkerWhenClosed() {
        openTrainer(SHORT);
        Conditions.signal("STOP", pids.get(0));
        Conditions.await("it stops", () -> Conditions.isStopped(pids.get(0)));
        closeWithinGrace();
    }

    @Test
    void shouldEndTheRoundWhenClosedWhileAClientIsTrainedAgainAndWorkersAreReplaced() {
        openTrainer(GRACE);
        algorithm.order(1, Action.EXIT);
        CompletableFuture<Void> round =
                CompletableFuture.runAsync(() -> trainer.localProcess(down(FLOATS, 0), cids(3), Up::close));
        Conditions.await(
                "both workers were lost", () -> trainer.workerPids().stream().noneMatch(pids::contains));
        closeWithinGrace();
        assertThatThrownBy(round::join).hasCauseInstanceOf(StoppedException.class);
    }

    @Test
    void shouldEndTheRoundWhenClosedFromAnOutputListener() {
        openTrainer(SHORT); // a worker that prints does not end while no thread reads
        listener.set(line -> {
            if (line.equals("out 5")) {
                closeWithinGrace();
            }
        });
        algorithm.order(0, Action.PRINT);
        algorithm.order(1, Action.UNTIL_STOPPED);
        assertThatThrownBy(() -> trainer.localProcess(down(FLOATS, 0), cids(2), Up::close))
                .isInstanceOf(StoppedException.class);
    }

    @Test
    void shouldEndProcessesOfClientsAndTakeNoMoreOutputOfThoseThatLeftTheGroup() {
        openTrainer(SHORT);
        algorithm.order(0, Action.SPAWN);
        trainer.localProcess(down(FLOATS, 0), cids(1));
        Up up = trainer.uplinkPackage().get(0);
        up.close();
        long started = (long) up.notes().get("started");
        long left = (long) up.notes().get("left");
        try {
            Conditions.await(
                    "it has left its group", () -> Conditions.command(left).equals("sleep"));
            closeWithinGrace();
            Conditions.await("the end of " + started, () -> !Conditions.isRunning(started));
            before.awaitNoMore();
            assertThat(Conditions.isRunning(left)).isTrue();
        } finally {
            Conditions.signal("KILL", left);
        }
    }

    @Test
    void shouldLeaveNothingWhenAWorkerCannotStart() {
        ProcessOptions wrong = ProcessOptions.builder()
                .jvmArguments(List.of("-Xmx1k"))
                .output((worker, line) -> {})
                .build();
        trainer = new ProcessPoolClientTrainer<>(algorithm, TrainerOptions.defaults(), wrong);
        assertThatThrownBy(() -> trainer.localProcess(down(FLOATS, 0), cids(2)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Too small maximum heap");
        assertThatThrownBy(trainer::awaitReady)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Too small maximum heap");
    }
}

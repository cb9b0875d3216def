package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.PoolClients.cids;
import static org.blazefl4j.trainer.PoolClients.down;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.trainer.PoolClients.Action;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.trainer.PoolClients.Down;
import org.blazefl4j.trainer.PoolClients.Order;
import org.blazefl4j.trainer.PoolClients.Up;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** However a trainer is closed, nothing of it is left. */
@Slow
final class ProcessPoolCloseTest {

    private static final int FLOATS = 1000;

    /** A close that waits for the grace time to pass fails. */
    private static final Duration GRACE = Conditions.PATIENCE;

    /** The grace time where a worker has to be killed, or its output does not end. */
    private static final Duration SHORT = Duration.ofMillis(500);

    private final Algorithm algorithm = new Algorithm(FLOATS) {
        @Override
        public Order getClientConfig(int cid) {
            reach(CallersCode.CONFIG);
            return super.getClientConfig(cid);
        }

        @Override
        public Up convertBufferToUplink(Up uplink) {
            reach(CallersCode.CONVERSION);
            return uplink;
        }
    };
    private final AtomicReference<Consumer<String>> listener = new AtomicReference<>(line -> {});
    private ProcessPoolClientTrainer<Order, Down, Up> trainer;
    private List<Long> pids;
    private Holdings before;
    private CallersCode closeIn;

    @TempDir
    private Path folder;

    @BeforeEach
    void openTrainer() {
        before = Holdings.now();
        long open = Conditions.segmentsOpen();
        openTrainer(GRACE);
        assertThat(pids).allSatisfy(pid -> assertThat(Conditions.isRunning(pid)).isTrue());
        assertThat(Conditions.segmentsOpen()).isGreaterThan(open);
    }

    private void openTrainer(Duration grace) {
        trainer = newTrainer(grace, List.of());
        trainer.awaitReady();
        pids = trainer.workerPids();
    }

    private void reopenWithShortGrace() {
        trainer.close();
        openTrainer(SHORT);
    }

    /** The trainer's own code that a round runs through, which may be where it is closed. */
    enum CallersCode {
        PROGRESS,
        CONFIG,
        CONVERSION
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
                        .build()) {
            @Override
            public Iterable<Integer> progressFn(List<Integer> jobs) {
                return () ->
                        jobs.stream().peek(cid -> reach(CallersCode.PROGRESS)).iterator();
            }
        };
    }

    private void reach(CallersCode here) {
        if (closeIn == here) {
            closeWithinGrace();
        }
    }

    /** Every test ends here: nothing of the trainer may be left. */
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

    /** A round whose first client has started. */
    private CompletableFuture<Void> startRound(Action action) {
        Path started = folder.resolve("started");
        algorithm.order(new Order(0, action, 0, started, null));
        CompletableFuture<Void> round =
                CompletableFuture.runAsync(() -> trainer.localProcess(down(FLOATS, 0), cids(3), Up::close));
        Conditions.awaitFile(started);
        return round;
    }

    @Test
    void shouldDoNothingWhenClosedASecondTime() {
        trainer.localProcess(down(FLOATS, 0), cids(5), Up::close);
        closeWithinGrace();
        closeWithinGrace();
        assertThatThrownBy(() -> trainer.localProcess(down(FLOATS, 0), cids(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("trainer is closed");
    }

    @Test
    void shouldNotWaitForAListenerThatDoesNotReturn() {
        trainer.close();
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
            closeWithinGrace();
        } finally {
            reading.countDown();
        }
    }

    @Test
    void shouldEndTheRoundWhenClosedFromAnotherThread() {
        CompletableFuture<Void> round = startRound(Action.UNTIL_STOPPED);
        closeWithinGrace();
        assertThatThrownBy(round::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(StoppedException.class);
    }

    @Test
    void shouldKillClientsThatDoNotStopWhenClosedDuringARound() {
        reopenWithShortGrace();
        CompletableFuture<Void> round = startRound(Action.FOR_EVER);
        closeWithinGrace();
        assertThatThrownBy(round::join).hasCauseInstanceOf(StoppedException.class);
    }

    @Test
    void shouldEndTheRoundWhenClosedFromASink() {
        assertThatThrownBy(() -> trainer.localProcess(down(FLOATS, 0), cids(20), up -> {
                    up.close();
                    closeWithinGrace();
                }))
                .isInstanceOf(StoppedException.class)
                .hasMessageContaining("trainer closed");
    }

    @ParameterizedTest
    @EnumSource
    void shouldEndTheRoundWhenClosedFromOtherCodeOfTheCallers(CallersCode code) {
        closeIn = code;
        assertThatThrownBy(() -> trainer.localProcess(down(FLOATS, 0), cids(20)))
                .isInstanceOf(StoppedException.class)
                .hasMessageContaining("trainer closed");
        trainer.uplinkPackage().forEach(Up::close);
    }

    @Test
    void shouldKillAStoppedWorkerWhenClosed() {
        reopenWithShortGrace();
        Conditions.signal("STOP", pids.get(0));
        Conditions.await("it stops", () -> Conditions.isStopped(pids.get(0)));
        closeWithinGrace();
    }

    @Test
    void shouldEndTheRoundWhenClosedWhileAClientIsTrainedAgainAndWorkersAreReplaced() {
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
        reopenWithShortGrace(); // a worker that prints does not end while no thread reads
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
    void shouldLetAllReturnWhenClosedByManyThreadsAtOnce() {
        CompletableFuture<Void> round = startRound(Action.UNTIL_STOPPED);
        CountDownLatch together = new CountDownLatch(1);
        List<CompletableFuture<Void>> closers = Stream.generate(() -> CompletableFuture.runAsync(() -> {
                    Conditions.await("start", () -> together.getCount() == 0);
                    closeWithinGrace();
                }))
                .limit(3)
                .toList();
        together.countDown();
        closers.forEach(CompletableFuture::join);
        assertThatThrownBy(round::join).hasCauseInstanceOf(StoppedException.class);
    }

    @Test
    void shouldEndWhatAClientStartedAndTakeNoMoreOutputOfWhatLeftItsGroup() {
        reopenWithShortGrace();
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
    void shouldKeepResultsValidWhenTheTrainerIsClosedFirst() {
        trainer.localProcess(down(FLOATS, 4), cids(3));
        List<Up> ups = trainer.uplinkPackage();
        closeWithinGrace();
        assertThat(ups).allSatisfy(up -> assertThat(PoolClients.first(up.x())).isEqualTo(4f + up.cid()));
        ups.forEach(Up::close);
    }

    @Test
    void shouldRunTwoTrainersAtOnce() {
        try (ProcessPoolClientTrainer<Order, Down, Up> second = newTrainer(GRACE, List.of())) {
            CompletableFuture<Void> beside =
                    CompletableFuture.runAsync(() -> second.localProcess(down(FLOATS, 7), cids(50), up -> {
                        assertThat(PoolClients.first(up.x())).isEqualTo(7f + up.cid());
                        up.close();
                    }));
            trainer.localProcess(down(FLOATS, 3), cids(50), up -> {
                assertThat(PoolClients.first(up.x())).isEqualTo(3f + up.cid());
                up.close();
            });
            beside.join();
            assertThat(second.workerPids()).doesNotContainAnyElementsOf(pids);
        }
    }

    @Test
    void shouldLeaveNothingWhenAWorkerCannotStart() {
        ProcessOptions wrong = ProcessOptions.builder()
                .jvmArguments(List.of("-Xmx1k"))
                .output((worker, line) -> {})
                .build();
        try (var broken = new ProcessPoolClientTrainer<>(algorithm, TrainerOptions.defaults(), wrong)) {
            assertThatThrownBy(() -> broken.localProcess(down(FLOATS, 0), cids(2)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("Too small maximum heap");
            assertThatThrownBy(broken::awaitReady)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("Too small maximum heap");
        }
    }
}

package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.blazefl4j.util.LogLines;
import org.blazefl4j.worker.ClientFailures;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients that fail or take too long, within one process. */
final class FailurePolicyTrainingTest {

    private static final Duration SHORT = Duration.ofMillis(50);
    private static final Duration LONG = Duration.ofMinutes(10);

    private final Down down = Down.of(100);
    private final Map<Integer, Integer> attempts = new ConcurrentHashMap<>();

    @AfterEach
    void close() {
        down.value().close();
    }

    private static TrainerOptions.Builder options(FailurePolicy policy) {
        return TrainerOptions.builder().numParallels(2).onClientFailure(policy);
    }

    private int attempt(int cid) {
        return attempts.merge(cid, 1, Integer::sum);
    }

    private Clients failing(int failures, int... cids) {
        return new Clients((cid, payload, context) -> {
            int attempt = attempt(cid);
            for (int failing : cids) {
                if (failing == cid && attempt <= failures) {
                    throw new IllegalStateException("attempt " + attempt);
                }
            }
            return plus(cid, payload);
        });
    }

    private ClientFailedException fail(AbstractClientTrainer<Integer, Down, Up> trainer, List<Integer> cids) {
        return catchThrowableOfType(ClientFailedException.class, () -> trainer.localProcess(down, cids));
    }

    private static void closeAll(AbstractClientTrainer<Integer, Down, Up> trainer) {
        trainer.uplinkPackage().forEach(Up::close);
    }

    // ---- retry

    @WithoutProcesses
    void shouldCountAttemptsAndKeepTheEarlierFailuresWhenTheLastRetryFails(ExecutionMode mode) {
        try (var trainer =
                mode.trainer(failing(9, 1), options(FailurePolicy.retry(2)).build())) {
            ClientFailedException failure = fail(trainer, ids(3));

            assertThat(attempts).containsEntry(1, 3);
            assertThat(failure.attempts()).isEqualTo(3);
            assertThat(failure)
                    .hasMessage("client failed: client=1, round=1, worker=" + failure.worker()
                            + ", attempts=3: java.lang.IllegalStateException: attempt 3")
                    .hasCause(new IllegalStateException("attempt 3"));
            assertThat(failure.getSuppressed())
                    .extracting(Throwable::getMessage)
                    .satisfiesExactly(
                            first -> assertThat(first).endsWith("attempt 1"),
                            second -> assertThat(second).endsWith("attempt 2"));
            assertThat(trainer.retried()).isEmpty();
            closeAll(trainer);
        }
    }

    @WithoutProcesses
    void shouldLogAndListEachRetriedFailureOnce(ExecutionMode mode) {
        try (LogLines log = new LogLines(ClientFailures.class);
                var trainer = mode.trainer(
                        failing(2, 1), options(FailurePolicy.retry(2)).build())) {
            trainer.localProcess(down, ids(3));

            assertThat(trainer.cache()).extracting(Up::number).containsExactly(100., 101., 102.);
            assertThat(trainer.retried())
                    .extracting(ClientFailedException::attempts, ClientFailedException::clientId)
                    .containsExactly(
                            org.assertj.core.groups.Tuple.tuple(1, 1), org.assertj.core.groups.Tuple.tuple(1, 1));
            assertThat(log.lines())
                    .satisfiesExactly(
                            first -> assertThat(first)
                                    .startsWith("tried again: retry=1, limit=2; client failed: client=1")
                                    .endsWith("attempt 1"),
                            second -> assertThat(second).startsWith("tried again: retry=2, limit=2"));

            trainer.localProcess(down, ids(3));
            assertThat(trainer.retried()).isEmpty();
        }
    }

    @WithoutProcesses
    void shouldRetryNoClientInAStoppedRound(ExecutionMode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            attempt(cid);
            context.stopEvent().set();
            throw new IllegalStateException("broken");
        });
        try (var trainer = mode.trainer(
                clients, options(FailurePolicy.retry(2)).numParallels(1).build())) {
            StoppedException stopped =
                    catchThrowableOfType(StoppedException.class, () -> trainer.localProcess(down, ids(3)));

            assertThat(attempts).containsOnly(Map.entry(0, 1));
            assertThat(stopped.getSuppressed())
                    .singleElement()
                    .asString()
                    .contains("client failed: client=0", "broken");
        }
    }

    // ---- drop

    @WithoutProcesses
    void shouldContinueWithoutFailedClientsAndShowThemToProgressFn(ExecutionMode mode) {
        List<Integer> seen = new ArrayList<>();
        TrainerOptions options = options(FailurePolicy.drop()).build();
        try (var trainer = mode == ExecutionMode.SINGLE_THREADED
                ? new SerialClientTrainer<>(failing(9, 0, 3), options) {
                    @Override
                    public Iterable<Integer> progressFn(List<Integer> jobs) {
                        return watched(jobs, seen);
                    }
                }
                : new ThreadPoolClientTrainer<>(failing(9, 0, 3), options) {
                    @Override
                    public Iterable<Integer> progressFn(List<Integer> jobs) {
                        return watched(jobs, seen);
                    }
                }) {
            trainer.localProcess(down, ids(5));

            assertThat(trainer.cache()).extracting(Up::cid).containsExactly(1, 2, 4);
            assertThat(seen).containsExactly(0, 1, 2, 3, 4);
            assertThat(trainer.dropped())
                    .extracting(Throwable::getMessage)
                    .satisfiesExactly(
                            first -> assertThat(first).startsWith("client failed: client=0, round=1, worker="),
                            second -> assertThat(second).startsWith("client failed: client=3, round=1, worker="));

            trainer.localProcess(down, List.of(1, 2));
            assertThat(trainer.dropped()).isEmpty();
        }
    }

    private static Iterable<Integer> watched(List<Integer> jobs, List<Integer> seen) {
        return () -> jobs.stream().peek(seen::add).iterator();
    }

    @WithoutProcesses
    void shouldFailIfNoClientIsLeft(ExecutionMode mode) {
        try (var trainer = mode.trainer(
                failing(9, 2, 4), options(FailurePolicy.retry(1).thenDrop()).build())) {
            ClientFailedException failure = fail(trainer, List.of(4, 2));

            assertThat(failure)
                    .hasMessageStartingWith(
                            "all clients failed: dropped=2, the first: client failed: client=4, round=1")
                    .hasMessageContaining("attempts=2");
            assertThat(failure.clientId()).isEqualTo(4);
            assertThat(failure.getSuppressed())
                    .hasSize(2)
                    .anySatisfy(
                            earlier -> assertThat(earlier).hasMessageStartingWith("client failed: client=4, round=1"))
                    .extracting(Throwable::getMessage)
                    .anySatisfy(other -> assertThat(other).contains("client=2, round=1", "attempts=2"));
            assertThat(trainer.uplinkPackage()).isEmpty();

            trainer.localProcess(down, List.of(1, 4));
            assertThat(trainer.cache()).extracting(Up::cid).containsExactly(1);
        }
    }

    // ---- time limits

    @WithoutProcesses
    void shouldAcceptALateResultOfAClientThatNeverChecksTheStopEvent(ExecutionMode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            long end = System.nanoTime() + 2 * SHORT.toNanos();
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            return plus(cid, payload);
        });
        TrainerOptions options = options(FailurePolicy.failFast())
                .clientTimeLimit(SHORT)
                .grace(Duration.ofHours(1))
                .build();
        try (var trainer = mode.trainer(clients, options)) {
            trainer.localProcess(down, ids(2));
            assertThat(trainer.cache()).extracting(Up::number).containsExactly(100., 101.);
        }
    }

    private static Stream<FailurePolicy> shouldStopWhenTheCallersInterruptEndsAClient() {
        return Stream.of(FailurePolicy.failFast(), FailurePolicy.retry(3), FailurePolicy.drop());
    }

    @ParameterizedTest
    @MethodSource
    void shouldStopWhenTheCallersInterruptEndsAClient(FailurePolicy policy) {
        Thread caller = Thread.currentThread();
        Clients clients = new Clients((cid, payload, context) -> {
            attempt(cid);
            caller.interrupt();
            Thread.sleep(LONG.toMillis());
            return plus(cid, payload);
        });
        try (var trainer = new SerialClientTrainer<>(clients, options(policy).build())) {
            assertThat(catchThrowableOfType(StoppedException.class, () -> trainer.localProcess(down, ids(3))))
                    .hasMessage("stopped: calling thread interrupted, round=1");
            assertThat(Thread.interrupted()).isTrue();
            assertThat(attempts).containsOnly(Map.entry(0, 1));
        }
    }

    @Test
    void shouldKeepTheCallersInterruptThatComesAfterTheTimeLimits() {
        Thread caller = Thread.currentThread();
        Clients clients = new Clients((cid, payload, context) -> {
            attempt(cid);
            try {
                Thread.sleep(LONG.toMillis());
            } catch (InterruptedException timeIsOver) {
                StopTest.join(StopTest.start(caller::interrupt));
                throw timeIsOver;
            }
            return plus(cid, payload);
        });
        TrainerOptions options = options(FailurePolicy.drop())
                .clientTimeLimit(SHORT)
                .grace(SHORT)
                .build();
        try (var trainer = new SerialClientTrainer<>(clients, options)) {
            assertThat(catchThrowableOfType(StoppedException.class, () -> trainer.localProcess(down, ids(3))))
                    .hasMessage("stopped: calling thread interrupted, round=1");
            assertThat(Thread.interrupted()).isTrue();
            assertThat(attempts).containsOnly(Map.entry(0, 1));
        }
    }

    @WithoutProcesses
    void shouldStopAllClientsByTheTrainersEventUnderATimeLimitToo(ExecutionMode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            context.stopEvent().set();
            context.stopEvent().throwIfSet();
            return plus(cid, payload);
        });
        try (var trainer = mode.trainer(
                clients, options(FailurePolicy.drop()).clientTimeLimit(LONG).build())) {
            assertThat(catchThrowableOfType(StoppedException.class, () -> trainer.localProcess(down, ids(2))))
                    .hasMessage("stopped: stop event set, round=1");
            assertThat(trainer.dropped()).isEmpty();
        }
    }
}

package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients and callers that throw. */
final class FailureTest {

    private final Down down = Down.of(100);

    @AfterEach
    void close() {
        down.value().close();
    }

    @ParameterizedTest
    @EnumSource
    void shouldNameTheClientThatFailedAndKeepWhatTheOthersReturned(Mode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid == 3) {
                throw new java.io.IOException("disk is full");
            }
            return plus(cid, payload);
        });
        try (var trainer = mode.trainer(clients)) {
            trainer.startAtRound(5);
            ClientFailedException failure = catchThrowableOfType(
                    ClientFailedException.class, () -> trainer.localProcess(down, List.of(1, 2, 3, 4, 5)));

            assertThat(failure.clientId()).isEqualTo(3);
            assertThat(failure.round()).isEqualTo(5);
            assertThat(failure)
                    .hasMessage("client failed: client=3, round=6, worker=" + failure.worker()
                            + ": java.io.IOException: disk is full")
                    .hasCauseInstanceOf(java.io.IOException.class);
            List<Up> kept = trainer.uplinkPackage();
            assertThat(kept)
                    .extracting(Up::cid)
                    .startsWith(1, 2)
                    .isSubsetOf(1, 2, 4, 5)
                    .isSorted();
            assertThat(kept).allMatch(uplink -> uplink.number() == 100 + uplink.cid());
            assertThat(trainer.uplinkPackage()).isEmpty();
            assertThat(trainer.round()).isEqualTo(6);
            kept.forEach(Up::close);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseAClosedPayloadAndBlameNoClient(Mode mode) {
        Down closed = Down.of(1);
        closed.value().close();
        try (var trainer = mode.trainer(Clients.adding())) {
            assertThatThrownBy(() -> trainer.localProcess(closed, ids(1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("payload is closed: path=value, type=" + Down.class.getName()
                            + ", expected=open tensors; close it after the round, not before");
            assertThat(trainer.round()).isZero();
        }
    }

    private static Stream<Arguments> shouldTreatAnExceptionThatCannotDescribeItselfAsAnyOther() {
        return Arrays.stream(Mode.values())
                .flatMap(mode -> Arrays.stream(Unreadable.Kind.values()).map(kind -> Arguments.of(mode, kind)));
    }

    @ParameterizedTest
    @MethodSource
    void shouldTreatAnExceptionThatCannotDescribeItselfAsAnyOther(Mode mode, Unreadable.Kind kind) {
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid == 1) {
                throw new Unreadable(kind);
            }
            return plus(cid, payload);
        });
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(2)
                .onClientFailure(FailurePolicy.retry(1).thenDrop())
                .build();
        try (var trainer = mode.trainer(clients, options)) {
            trainer.localProcess(down, ids(3), Up::close);

            assertThat(trainer.dropped()).singleElement().satisfies(failure -> {
                assertThat(failure)
                        .hasMessage("client failed: client=1, round=1, worker=" + failure.worker() + ", attempts=2: "
                                + Unreadable.class.getName() + ": " + kind.told);
                StringWriter printed = new StringWriter();
                failure.printStackTrace(new PrintWriter(printed));
                assertThat(printed.toString()).contains("Caused by: " + Unreadable.class.getName() + ": " + kind.told);
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldHandOverWhatComesBeforeTheFailedClientAndKeepTheRest(Mode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid == 3) {
                throw new IllegalStateException("broken");
            }
            return plus(cid, payload);
        });
        List<Integer> taken = new ArrayList<>();
        try (var trainer = mode.trainer(clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(1, 2, 3, 4, 5), uplink -> {
                        taken.add(uplink.cid());
                        uplink.close();
                    }))
                    .isInstanceOf(ClientFailedException.class);

            assertThat(taken).containsExactly(1, 2);
            List<Up> kept = trainer.uplinkPackage();
            assertThat(kept).extracting(Up::cid).isSubsetOf(4, 5).isSorted();
            kept.forEach(Up::close);
        }
    }

    @Test
    void shouldLetRunningClientsEndAndDealNoMoreAfterAFailure() {
        CountDownLatch secondRuns = new CountDownLatch(1);
        CountDownLatch firstFailed = new CountDownLatch(1);
        Queue<Integer> trained = new ConcurrentLinkedQueue<>();
        Clients clients = new Clients((cid, payload, context) -> {
            trained.add(cid);
            if (cid == 0) {
                secondRuns.await();
                firstFailed.countDown();
                throw new IllegalStateException("broken");
            }
            secondRuns.countDown();
            firstFailed.await();
            awaitIdle(context.worker());
            return plus(cid, payload);
        });
        try (var trainer = Mode.THREADS.trainer(clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(50)))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageContaining("client=0, round=1");

            assertThat(trained).containsExactlyInAnyOrder(0, 1);
            List<Up> kept = trainer.uplinkPackage();
            assertThat(kept).extracting(Up::cid).containsExactly(1);
            kept.forEach(Up::close);
        }
    }

    /** Waits until the other worker, whose client failed, has nothing to do. */
    private static void awaitIdle(int worker) {
        Conditions.await(
                "the other worker is idle",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .anyMatch(thread -> thread.getName().matches("blazefl4j-\\d+-worker-" + (1 - worker))
                                && thread.getState() == Thread.State.WAITING));
    }

    @Test
    void shouldReportTheFirstInTheListIfSeveralFail() {
        CountDownLatch bothRun = new CountDownLatch(2);
        CountDownLatch secondFails = new CountDownLatch(1);
        Clients clients = new Clients((cid, payload, context) -> {
            bothRun.countDown();
            bothRun.await();
            if (cid == 0) {
                secondFails.await();
            }
            secondFails.countDown();
            throw new IllegalStateException("broken " + cid);
        });
        try (var trainer = Mode.THREADS.trainer(clients)) {
            ClientFailedException failure =
                    catchThrowableOfType(ClientFailedException.class, () -> trainer.localProcess(down, ids(2)));

            assertThat(failure.clientId()).isZero();
            assertThat(failure.getSuppressed()).hasSize(1);
            assertThat(failure.getSuppressed()[0])
                    .hasMessageContaining("client=1")
                    .hasMessageContaining("broken 1");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldStartTheNextRoundEmptyAfterAFailure(Mode mode) {
        Map<Integer, Boolean> failing = new ConcurrentHashMap<>(Map.of(1, true));
        Clients clients = new Clients((cid, payload, context) -> {
            if (failing.containsKey(cid)) {
                throw new IllegalStateException("broken");
            }
            return plus(cid, payload);
        });
        try (var trainer = mode.trainer(clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(0, 1, 2)))
                    .isInstanceOf(ClientFailedException.class);
            List<Up> left = trainer.cache();
            failing.clear();

            trainer.localProcess(down, List.of(8, 9));

            assertThat(left).isNotEmpty().allMatch(uplink -> uplink.value().isNull());
            assertThat(trainer.cache()).extracting(Up::cid).containsExactly(8, 9);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldSurviveErrorsOfClients(Mode mode) {
        List<Throwable> errors =
                List.of(new OutOfMemoryError("test"), new StackOverflowError(), new NoClassDefFoundError("Missing"));
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid < errors.size()) {
                throw (Error) errors.get(cid);
            }
            return plus(cid, payload);
        });
        try (var trainer = mode.trainer(clients)) {
            for (int cid = 0; cid < errors.size(); cid++) {
                int failing = cid;
                for (int repeat = 0; repeat < 3; repeat++) {
                    assertThatThrownBy(() -> trainer.localProcess(down, List.of(failing)))
                            .isInstanceOf(ClientFailedException.class)
                            .hasCause(errors.get(failing));
                }
            }
            trainer.localProcess(down, List.of(7, 8, 9));
            assertThat(trainer.cache()).extracting(Up::number).containsExactly(107., 108., 109.);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldFailAClientThatOverflowsItsStack(Mode mode) {
        Clients clients = new Clients((cid, payload, context) -> plus(recurse(cid), payload));
        try (var trainer = mode.trainer(clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(1)))
                    .isInstanceOf(ClientFailedException.class)
                    .hasCauseInstanceOf(StackOverflowError.class);
        }
    }

    private static int recurse(int depth) {
        return recurse(depth + 1) + 1;
    }

    @ParameterizedTest
    @EnumSource
    void shouldTellWhatLibTorchSaidAndLeaveItsNativeStackToTheCause(Mode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            payload.value().reshape(2, 3);
            return plus(cid, payload);
        });
        try (var trainer = mode.trainer(clients)) {
            ClientFailedException failure =
                    catchThrowableOfType(ClientFailedException.class, () -> trainer.localProcess(down, List.of(4)));

            assertThat(failure)
                    .hasMessage("client failed: client=4, round=1, worker=" + failure.worker()
                            + ": java.lang.RuntimeException: shape '[2, 3]' is invalid for input of size 1");
            assertThat(failure.getCause()).hasMessageContainingAll("Exception raised from", "frame #0");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldFailAClientThatReturnsNothing(Mode mode) {
        Clients clients = new Clients((cid, payload, context) -> null);
        try (var trainer = mode.trainer(clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(4)))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageContaining("no package: client=4; the worker function returned null");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldFailAClientThatStopsWithoutBeingAsked(Mode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            throw new StoppedException("had enough");
        });
        try (var trainer = mode.trainer(clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(4)))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageContaining("client=4")
                    .hasMessageContaining("had enough");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldPassOnWhatTheSinkThrowsAndRunTheNextRoundClean(Mode mode) {
        Map<Integer, Up> made = new ConcurrentHashMap<>();
        Clients clients = new Clients((cid, payload, context) -> {
            Up uplink = plus(cid, payload);
            made.put(cid, uplink);
            return uplink;
        });
        IllegalStateException thrown = new IllegalStateException("sink is full");
        try (var trainer = mode.trainer(clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(20), uplink -> {
                        uplink.close();
                        if (uplink.cid() == 1) {
                            throw thrown;
                        }
                    }))
                    .isSameAs(thrown);
            assertThat(trainer.uplinkPackage()).isEmpty();
            assertThat(made.values())
                    .isNotEmpty()
                    .allMatch(uplink -> uplink.value().isNull());

            trainer.localProcess(down, ids(3));
            assertThat(trainer.cache()).extracting(Up::number).containsExactly(100., 101., 102.);
        }
    }

    @Test
    void shouldTellRunningClientsToStopIfTheSinkThrows() {
        CountDownLatch runs = new CountDownLatch(1);
        Queue<Integer> stopped = new ConcurrentLinkedQueue<>();
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid == 1) {
                runs.countDown();
                while (!context.stopEvent().isSet()) {
                    Thread.onSpinWait();
                }
                stopped.add(cid);
                context.stopEvent().throwIfSet();
            }
            return plus(cid, payload);
        });
        try (var trainer = Mode.THREADS.trainer(clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(0, 1), uplink -> {
                        uplink.close();
                        awaitUnchecked(runs);
                        throw new IllegalStateException("sink is full");
                    }))
                    .hasMessage("sink is full");

            assertThat(stopped).containsExactly(1);
            assertThat(trainer.stopEvent().isSet()).isFalse();
        }
    }

    @Test
    void shouldAddTheFailureOfAClientToWhatTheSinkThrows() {
        CountDownLatch failed = new CountDownLatch(1);
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid == 1) {
                failed.countDown();
                throw new IllegalStateException("broken");
            }
            return plus(cid, payload);
        });
        try (var trainer = Mode.THREADS.trainer(clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(0, 1), uplink -> {
                        uplink.close();
                        awaitUnchecked(failed);
                        throw new IllegalStateException("sink is full");
                    }))
                    .hasMessage("sink is full")
                    .satisfies(failure -> assertThat(failure.getSuppressed())
                            .singleElement()
                            .asString()
                            .contains("client=1", "broken"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldPassOnWhatGetClientConfigThrows(Mode mode) {
        IllegalArgumentException thrown = new IllegalArgumentException("no such client");
        Clients clients = new Clients((cid, payload, context) -> Clients.plus(cid, payload)) {
            @Override
            public Integer getClientConfig(int cid) {
                if (cid == 10) {
                    throw thrown;
                }
                return cid;
            }
        };
        try (var trainer = mode.trainer(clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(20), Up::close))
                    .isSameAs(thrown);
            trainer.localProcess(down, ids(3));
            assertThat(trainer.cache()).hasSize(3);
        }
    }

    static void awaitUnchecked(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}

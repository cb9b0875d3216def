package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients and callers that throw. */
final class FailureTest {

    private final Down down = Down.of(100);

    @AfterEach
    void close() {
        down.value().close();
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
        try (var trainer = Clients.trainer(ExecutionMode.MULTI_THREADED, clients)) {
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
        try (var trainer = Clients.trainer(ExecutionMode.MULTI_THREADED, clients)) {
            ClientFailedException failure =
                    catchThrowableOfType(ClientFailedException.class, () -> trainer.localProcess(down, ids(2)));

            assertThat(failure.clientId()).isZero();
            assertThat(failure.getSuppressed()).hasSize(1);
            assertThat(failure.getSuppressed()[0])
                    .hasMessageContaining("client=1")
                    .hasMessageContaining("broken 1");
        }
    }

    @WithoutProcesses
    void shouldSurviveErrorsOfClients(ExecutionMode mode) {
        List<Throwable> errors =
                List.of(new OutOfMemoryError("test"), new StackOverflowError(), new NoClassDefFoundError("Missing"));
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid < errors.size()) {
                throw (Error) errors.get(cid);
            }
            return plus(cid, payload);
        });
        try (var trainer = Clients.trainer(mode, clients)) {
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

    @WithoutProcesses
    void shouldPassOnWhatTheSinkThrowsAndRunTheNextRoundClean(ExecutionMode mode) {
        Map<Integer, Up> made = new ConcurrentHashMap<>();
        Clients clients = new Clients((cid, payload, context) -> {
            Up uplink = plus(cid, payload);
            made.put(cid, uplink);
            return uplink;
        });
        IllegalStateException thrown = new IllegalStateException("sink is full");
        try (var trainer = Clients.trainer(mode, clients)) {
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
        try (var trainer = Clients.trainer(ExecutionMode.MULTI_THREADED, clients)) {
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
        try (var trainer = Clients.trainer(ExecutionMode.MULTI_THREADED, clients)) {
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

    static void awaitUnchecked(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}

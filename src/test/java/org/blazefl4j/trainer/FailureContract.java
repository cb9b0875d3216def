package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;
import static org.blazefl4j.trainer.PoolClients.first;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.core.WorkFailedException.RemoteWorkerException;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.blazefl4j.trainer.PoolClients.Action;
import org.blazefl4j.trainer.PoolClients.Order;
import org.junit.jupiter.api.Test;

/** Failures of clients and callers, and time limits of clients, in every execution mode. */
abstract class FailureContract extends ResultContract {

    FailureContract(ExecutionMode mode) {
        super(mode);
    }

    @Test
    void shouldRefuseAClosedPayloadAndBlameNoClient() {
        Down closed = Down.of(1);
        closed.value().close();
        try (var trainer = open(Clients.adding(), ONE)) {
            assertThatThrownBy(() -> trainer.localProcess(closed, ids(1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("payload is closed: path=value, type=" + Down.class.getName()
                            + ", expected=open tensors; close it after the round, not before");
            assertThat(trainer.round()).isZero();
        }
    }

    @Test
    void shouldHandOverWhatComesBeforeTheFailedClientAndKeepTheRest() {
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid == 3) {
                throw new IllegalStateException("broken");
            }
            return plus(cid, payload);
        });
        List<Integer> taken = new ArrayList<>();
        try (var trainer = open(clients)) {
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
    void shouldFailAClientThatReturnsNothing() {
        Clients clients = new Clients((cid, payload, context) -> null);
        try (var trainer = open(clients, ONE)) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(4)))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageContaining("no package: client=4; the worker function returned null");
        }
    }

    @Test
    void shouldFailAClientThatStopsWithoutBeingAsked() {
        Clients clients = new Clients((cid, payload, context) -> {
            throw new StoppedException("had enough");
        });
        try (var trainer = open(clients, ONE)) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(4)))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageContaining("client=4")
                    .hasMessageContaining("had enough");
        }
    }

    @Test
    void shouldQuoteLibTorchAndLeaveItsNativeStackToTheCause() {
        Clients clients = new Clients((cid, payload, context) -> {
            payload.value().reshape(2, 3);
            return plus(cid, payload);
        });
        try (var trainer = open(clients, ONE)) {
            ClientFailedException failure =
                    catchThrowableOfType(ClientFailedException.class, () -> trainer.localProcess(down, List.of(4)));

            assertThat(failure)
                    .hasMessage("client failed: client=4, round=1, worker=" + failure.worker()
                            + ": java.lang.RuntimeException: shape '[2, 3]' is invalid for input of size 1");
            assertThat(failure.getCause()).hasMessageContainingAll("Exception raised from", "frame #0");
        }
    }

    @Test
    void shouldPassOnWhatGetClientConfigThrows() {
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
        try (var trainer = open(clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(20), Up::close))
                    .isSameAs(thrown);
            trainer.localProcess(down, ids(3));
            assertThat(trainer.cache()).hasSize(3);
        }
    }

    private static int recurse(int depth) {
        return recurse(depth + 1) + 1;
    }

    @Test
    void shouldFailAClientThatOverflowsItsStack() {
        Clients clients = new Clients((cid, payload, context) -> plus(recurse(cid), payload));
        try (var trainer = open(clients, ONE)) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(1)))
                    .isInstanceOf(ClientFailedException.class)
                    .satisfies(thrown -> assertThat(typeOfCause(thrown)).isEqualTo("java.lang.StackOverflowError"));
        }
    }

    @Test
    void shouldNameTheClientThatFailedAndKeepWhatTheOthersReturned() {
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid == 3) {
                throw new java.io.IOException("disk is full");
            }
            return plus(cid, payload);
        });
        try (var trainer = open(clients)) {
            trainer.startAtRound(5);
            ClientFailedException failure = catchThrowableOfType(
                    ClientFailedException.class, () -> trainer.localProcess(down, List.of(1, 2, 3, 4, 5)));

            assertThat(failure.clientId()).isEqualTo(3);
            assertThat(failure.round()).isEqualTo(5);
            assertThat(failure)
                    .hasMessage("client failed: client=3, round=6, worker=" + failure.worker()
                            + ": java.io.IOException: disk is full")
                    .satisfies(thrown -> assertThat(typeOfCause(thrown)).isEqualTo("java.io.IOException"));
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

    private static String typeOfCause(Throwable failure) {
        return failure.getCause() instanceof RemoteWorkerException remote
                ? remote.className()
                : failure.getCause().getClass().getName();
    }

    @Test
    void shouldTreatExceptionsThatCannotDescribeThemselvesAsAnyOther() {
        int count = Unreadable.Kind.values().length;
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid < Unreadable.Kind.values().length) {
                throw new Unreadable(Unreadable.Kind.values()[cid]);
            }
            return plus(cid, payload);
        });
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(2)
                .onClientFailure(FailurePolicy.retry(1).thenDrop())
                .build();
        try (var trainer = open(clients, options)) {
            trainer.localProcess(down, ids(count + 2), Up::close);

            assertThat(trainer.dropped()).hasSize(count).allSatisfy(failure -> {
                String told = Unreadable.class.getName() + ": " + Unreadable.Kind.values()[failure.clientId()].told;
                assertThat(failure)
                        .hasMessage("client failed: client=" + failure.clientId() + ", round=1, worker="
                                + failure.worker() + ", attempts=2: " + told);
                StringWriter printed = new StringWriter();
                failure.printStackTrace(new PrintWriter(printed));
                assertThat(printed.toString()).contains("Caused by: " + told);
            });
        }
    }

    @Test
    void shouldStartTheNextRoundEmptyAfterAFailure() {
        algorithm.order(1, Action.THROW);
        AbstractClientTrainer<Order, PoolClients.Down, PoolClients.Up> trainer = open(algorithm);
        assertThatThrownBy(() -> trainer.localProcess(poolDown, ids(3)))
                .isInstanceOf(ClientFailedException.class)
                .hasMessageContaining("PoolClients$Refusal: no 1")
                .satisfies(thrown -> {
                    assertThat(thrown.getCause().getCause()).hasToString("java.lang.IllegalStateException: because");
                    assertThat(thrown.getCause().getSuppressed()[0])
                            .hasToString("java.lang.ArithmeticException: beside");
                });
        List<PoolClients.Up> left = trainer.cache();
        algorithm.order(1, Action.ADD);

        trainer.localProcess(poolDown, List.of(8, 9));

        assertThat(left).isNotEmpty().allMatch(up -> up.x().isNull());
        assertThat(trainer.cache()).extracting(PoolClients.Up::cid).containsExactly(8, 9);
    }

    @Test
    void shouldEndTheRoundUnderAnyPolicyWhenAClientDrewFromTheDefaultGenerator() {
        algorithm.order(1, Action.DRAW);
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(1)
                .onClientFailure(FailurePolicy.retry(2).thenDrop())
                .build();
        AbstractClientTrainer<Order, PoolClients.Down, PoolClients.Up> trainer = open(algorithm, options);

        assertThatThrownBy(() -> trainer.localProcess(poolDown, ids(3), PoolClients.Up::close))
                .isInstanceOf(ClientFailedException.class)
                .hasMessageNotContaining("attempts=")
                .hasMessageContaining("default generator moved: clients=[1]");
        assertThat(trainer.dropped()).isEmpty();

        requireWholeRound(trainer, 3);
    }

    @Test
    void shouldStopClientsAndPassOnWhatTheSinkThrows() {
        Path started = folder.resolve("started");
        algorithm.order(new Order(1, Action.UNTIL_STOPPED, 0, started, null));
        IllegalStateException thrown = new IllegalStateException("sink is full");
        AbstractClientTrainer<Order, PoolClients.Down, PoolClients.Up> trainer = open(algorithm);

        assertThatThrownBy(() -> trainer.localProcess(poolDown, ids(8), up -> {
                    up.close();
                    if (mode != ExecutionMode.SINGLE_THREADED) {
                        Conditions.awaitFile(started);
                    }
                    throw thrown;
                }))
                .isSameAs(thrown);

        assertThat(trainer.uplinkPackage()).isEmpty();
        assertThat(trainer.stopEvent().isSet()).isFalse();
        algorithm.order(1, Action.ADD);
        requireWholeRound(trainer, 4);
    }

    // ---- time limits

    /** Returns more time than clients that are in time need on a busy machine. */
    private Duration inTime(int seconds) {
        return mode == ExecutionMode.MULTI_PROCESS ? Duration.ofSeconds(seconds) : Duration.ofMillis(500);
    }

    private AbstractClientTrainer<Order, PoolClients.Down, PoolClients.Up> openLimited(
            FailurePolicy policy, Duration grace) {
        TrainerOptions options = TWO.toBuilder()
                .onClientFailure(policy)
                .clientTimeLimit(inTime(1))
                .grace(grace)
                .build();
        var trainer = open(algorithm, options);
        awaitReady(trainer);
        return trainer;
    }

    private List<Integer> takeRight(AbstractClientTrainer<Order, PoolClients.Down, PoolClients.Up> trainer) {
        List<Integer> taken = new ArrayList<>();
        trainer.localProcess(poolDown, ids(4), up -> {
            taken.add(up.cid());
            assertThat(first(up.x())).isEqualTo(100f + up.cid());
            up.close();
        });
        return taken;
    }

    @Test
    void shouldStopClientsThatExceedTheirTimeLimitAndNoOthers() {
        algorithm.order(1, Action.UNTIL_STOPPED).order(2, Action.ADD_WHEN_STOPPED);
        var trainer = openLimited(FailurePolicy.drop(), GRACE);
        List<Long> workers = workerPids(trainer);

        assertThat(takeRight(trainer)).as("no partial result").containsExactly(0, 3);

        assertThat(trainer.uplinkPackage()).isEmpty();
        assertThat(trainer.dropped())
                .extracting(ClientFailedException::clientId)
                .containsExactly(1, 2);
        assertThat(trainer.dropped())
                .allSatisfy(failure -> assertThat(failure)
                        .hasMessageContaining("client was stopped because it exceeded its time limit: client="
                                + failure.clientId() + ", limit=" + inTime(1)
                                + "; raise the time limit, or give"));
        if (mode != ExecutionMode.MULTI_PROCESS) {
            assertThat(trainer.dropped().get(0)).hasRootCauseInstanceOf(StoppedException.class);
        }
        assertThat(trainer.stopEvent().isSet()).isFalse();
        assertThat(workerPids(trainer)).isEqualTo(workers);
    }

    /** Runs one round only in processes, where it takes seconds. */
    @Test
    void shouldEndAndRetryClientsThatContinueAfterTheGraceTimeAndNoOthers() {
        var trainer = openLimited(FailurePolicy.retry(1).thenDrop(), inTime(3));
        List<Long> workers = workerPids(trainer);
        algorithm.order(2, Action.FOR_EVER);
        for (int round = 0; round < (mode == ExecutionMode.MULTI_PROCESS ? 1 : 2); round++) {
            algorithm.order(new Order(1, Action.FOR_EVER_ONCE, 0, folder.resolve("round" + round), null));

            assertThat(takeRight(trainer)).containsExactly(0, 1, 3);

            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            assertThat(trainer.stopEvent().isSet()).isFalse();
            assertThat(trainer.retried()).singleElement().satisfies(failure -> requireEnded(failure, 1, 1));
            assertThat(trainer.dropped()).singleElement().satisfies(failure -> requireEnded(failure, 2, 2));
        }
        Conditions.await(
                "both workers are replaced", () -> workerPids(trainer).stream().noneMatch(workers::contains));
    }

    private void requireEnded(ClientFailedException failure, int cid, int attempts) {
        assertThat(failure.clientId()).isEqualTo(cid);
        assertThat(failure.attempts()).isEqualTo(attempts);
        if (mode == ExecutionMode.MULTI_PROCESS) {
            assertThat(failure)
                    .hasMessageContaining("worker process was killed because its client exceeded its time limit and the"
                            + " grace time: limit=PT1S, grace=PT3S: pid=");
        } else {
            assertThat(failure)
                    .hasMessageContaining("client=" + cid + ", limit=" + inTime(1))
                    .hasRootCauseInstanceOf(InterruptedException.class);
        }
    }
}

package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.RemoteWorkerException;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.blazefl4j.trainer.PoolClients.Action;
import org.blazefl4j.trainer.PoolClients.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Failures of clients and callers, and rounds that end early, in every execution mode. */
abstract class TrainerContract extends RoundContract {

    TrainerContract(ExecutionMode mode) {
        super(mode);
    }

    // ---- failures

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

    // ---- stopping

    /** Opens a trainer whose client 1 runs until it is told to stop. */
    private AbstractClientTrainer<Order, PoolClients.Down, PoolClients.Up> polling(Path started) {
        return polling(started, Action.UNTIL_STOPPED, TWO);
    }

    private AbstractClientTrainer<Order, PoolClients.Down, PoolClients.Up> polling(
            Path started, Action action, TrainerOptions options) {
        algorithm.order(new Order(1, action, 0, started, null));
        return open(algorithm, options);
    }

    @Test
    void shouldHandOverNothingMoreAfterAStopFromTheSink() {
        List<Integer> taken = new ArrayList<>();
        try (var trainer = open(Clients.adding())) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(30), uplink -> {
                        taken.add(uplink.cid());
                        uplink.close();
                        if (uplink.cid() == 1) {
                            trainer.stopEvent().set();
                        }
                    }))
                    .isInstanceOf(StoppedException.class);

            assertThat(taken).containsExactly(0, 1);
        }
    }

    @Test
    void shouldLetAClientAskForTheEnd() {
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid == 1) {
                context.stopEvent().set();
            }
            return plus(cid, payload);
        });
        try (var trainer = open(clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(30), Up::close))
                    .isInstanceOf(StoppedException.class);
            assertThat(trainer.stopEvent().isSet()).isFalse();
        }
    }

    @Test
    void shouldReportAFailureBeforeAStopAndKeepTheStop() {
        Clients clients = new Clients((cid, payload, context) -> {
            context.stopEvent().set();
            throw new IllegalStateException("broken");
        });
        try (var trainer = open(clients, ONE)) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(1)))
                    .hasMessageContaining("client failed: client=1")
                    .hasMessageContaining("broken");
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(1)))
                    .hasMessage("stopped: stop event set, round=2");
        }
    }

    @Test
    void shouldStopARoundFromAnotherThreadAndThenRunTheNext() {
        Path started = folder.resolve("started");
        var trainer = polling(started);
        Thread stopper = start(() -> {
            Conditions.awaitFile(started);
            trainer.stopEvent().set();
        });

        assertThatThrownBy(() -> trainer.localProcess(poolDown, ids(2)))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: stop event set, round=1");

        join(stopper);
        assertThat(trainer.stopEvent().isSet()).isFalse();
        List<PoolClients.Up> kept = trainer.uplinkPackage();
        assertThat(kept).extracting(PoolClients.Up::cid).containsExactly(0);
        kept.forEach(PoolClients.Up::close);
        algorithm.order(1, Action.ADD);
        requireWholeRound(trainer, 4);
    }

    @Test
    void shouldNotTakeAPartialResultForACompleteRound() {
        Path started = folder.resolve("started");
        var trainer = polling(started, Action.ADD_WHEN_STOPPED, ONE);
        Thread stopper = start(() -> {
            Conditions.awaitFile(started);
            trainer.stopEvent().set();
        });
        List<Integer> taken = new ArrayList<>();

        assertThatThrownBy(() -> trainer.localProcess(poolDown, List.of(1), up -> taken.add(up.cid())))
                .isInstanceOf(StoppedException.class);
        join(stopper);
        assertThat(taken).isEmpty();
    }

    @Test
    void shouldStopWhenTheCallingThreadIsInterruptedAndKeepItsFlag() {
        Path started = folder.resolve("started");
        var trainer = polling(started);
        Thread caller = Thread.currentThread();
        Thread interrupter = start(() -> {
            Conditions.awaitFile(started);
            caller.interrupt();
        });

        assertThatThrownBy(() -> trainer.localProcess(poolDown, ids(2), PoolClients.Up::close))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: calling thread interrupted, round=1");

        assertThat(Thread.interrupted()).isTrue();
        join(interrupter);
        algorithm.order(1, Action.ADD);
        requireWholeRound(trainer, 2);
    }

    /** Returns clients that note which of them are dealt. */
    private static Clients noting(Set<Integer> dealt) {
        return new Clients((cid, payload, context) -> plus(cid, payload)) {
            @Override
            public Integer getClientConfig(int cid) {
                dealt.add(cid);
                return cid;
            }
        };
    }

    @Test
    void shouldNotLoseAStopBetweenRounds() {
        Set<Integer> dealt = new HashSet<>();
        var trainer = open(noting(dealt), ONE);
        trainer.stopEvent().set();

        assertThatThrownBy(() -> trainer.localProcess(down, ids(3), Up::close))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: stop event set, round=1");

        assertThat(dealt).isEmpty();
        assertThat(trainer.round()).as("no client trained").isZero();
        trainer.localProcess(down, ids(3), Up::close);
        assertThat(dealt).hasSize(3);
    }

    @Test
    void shouldTrainNoClientIfTheCallingThreadIsAlreadyInterrupted() {
        Set<Integer> dealt = new HashSet<>();
        var trainer = open(noting(dealt), ONE);
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> trainer.localProcess(down, ids(3), Up::close))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: calling thread interrupted, round=1");

        assertThat(Thread.interrupted()).isTrue();
        assertThat(dealt).isEmpty();
    }

    @Test
    void shouldLeaveAStopThatComesAfterTheLastClientForTheNextRound() {
        List<Integer> taken = new ArrayList<>();
        var trainer = open(Clients.adding());
        trainer.localProcess(down, ids(3), uplink -> {
            taken.add(uplink.cid());
            uplink.close();
            if (uplink.cid() == 2) {
                trainer.stopEvent().set();
            }
        });

        assertThat(taken).containsExactly(0, 1, 2);
        assertThatThrownBy(() -> trainer.localProcess(down, ids(3), Up::close))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: stop event set, round=2");
    }

    // ---- closing

    @Test
    void shouldCloseTwiceAndThenRefuseRounds() {
        var trainer = open(Clients.adding());
        trainer.localProcess(down, ids(3), Up::close);

        trainer.close();
        trainer.close();
        trainer.shutdown();

        assertThatThrownBy(() -> trainer.localProcess(down, ids(3)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("trainer is closed: round=2; make a new trainer");
        assertThatThrownBy(() -> trainer.share("data", down.value()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("trainer is closed");
        assertThat(trainer.uplinkPackage()).isEmpty();
    }

    @Test
    void shouldCloseFromTheSink() {
        List<Integer> taken = new ArrayList<>();
        var trainer = open(Clients.adding());

        assertThatThrownBy(() -> trainer.localProcess(down, ids(30), uplink -> {
                    taken.add(uplink.cid());
                    uplink.close();
                    if (uplink.cid() == 2) {
                        assertThat(closeTimed(trainer)).isLessThan(GRACE);
                    }
                }))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: trainer closed, round=1");

        assertThat(taken).containsExactly(0, 1, 2);
    }

    @Test
    void shouldCloseFromAnotherThreadWhileTheSinkRuns() {
        List<Integer> taken = new ArrayList<>();
        var trainer = open(Clients.adding());

        assertThatThrownBy(() -> trainer.localProcess(down, ids(10), uplink -> {
                    taken.add(uplink.cid());
                    uplink.close();
                    join(start(() -> assertThat(closeTimed(trainer)).isLessThan(GRACE)));
                }))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: trainer closed, round=1");

        assertThat(taken).containsExactly(0);
    }

    @Test
    void shouldCloseWithTheInterruptFlagSetAndKeepIt() {
        var trainer = open(Clients.adding());
        trainer.localProcess(down, ids(3), Up::close);
        Thread.currentThread().interrupt();

        trainer.close();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(Conditions.ownThreads()).isEmpty();
    }

    /** Code of the caller that a round calls, and that may close the trainer. */
    enum UsersCode {
        PROGRESS,
        CONFIG,
        CONVERSION
    }

    @ParameterizedTest
    @EnumSource
    void shouldCloseFromTheUsersCode(UsersCode here) {
        AtomicReference<AbstractClientTrainer<?, ?, ?>> self = new AtomicReference<>();
        Clients clients = new Clients((cid, payload, context) -> plus(cid, payload)) {
            @Override
            public Integer getClientConfig(int cid) {
                closeIf(here == UsersCode.CONFIG && cid == 2, self.get());
                return cid;
            }

            @Override
            public Up convertBufferToUplink(Up uplink) {
                closeIf(here == UsersCode.CONVERSION && uplink.cid() == 2, self.get());
                return uplink;
            }
        };
        var trainer = open(
                clients,
                TWO,
                jobs -> () -> jobs.stream()
                        .peek(cid -> closeIf(here == UsersCode.PROGRESS && cid == 2, self.get()))
                        .iterator());
        self.set(trainer);

        assertThatThrownBy(() -> trainer.localProcess(down, ids(20)))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: trainer closed, round=1");
        assertThat(trainer.uplinkPackage()).as("closed with the trainer").isEmpty();
    }

    private static void closeIf(boolean now, AbstractClientTrainer<?, ?, ?> trainer) {
        if (now) {
            assertThat(closeTimed(trainer)).isLessThan(GRACE);
        }
    }

    @Test
    void shouldCloseFromSeveralThreadsAtOnceDuringARound() {
        Path started = folder.resolve("started");
        var trainer = polling(started);
        List<CompletableFuture<Duration>> closers = Stream.generate(() -> CompletableFuture.supplyAsync(() -> {
                    Conditions.awaitFile(started);
                    return closeTimed(trainer);
                }))
                .limit(4)
                .toList();

        assertThatThrownBy(() -> trainer.localProcess(poolDown, ids(3)))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: trainer closed, round=1");

        assertThat(closers).allSatisfy(closer -> assertThat(closer.join()).isLessThan(GRACE));
        assertThat(trainer.uplinkPackage()).isEmpty();
    }
}

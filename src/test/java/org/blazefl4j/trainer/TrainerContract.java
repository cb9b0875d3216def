package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.trainer.Clients.Up;
import org.blazefl4j.trainer.PoolClients.Action;
import org.blazefl4j.trainer.PoolClients.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All that trainers of every execution mode promise; here, how a round ends early. */
abstract class TrainerContract extends ArrivalContract {

    TrainerContract(ExecutionMode mode) {
        super(mode);
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
        var trainer = open(Clients.adding(), ONE);
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

    /** A serial client interrupts the calling thread, which ends the round. */
    @Test
    void shouldNotLeaveAClientsInterruptToTheNextClient() {
        ids(10).forEach(cid -> algorithm.order(cid, Action.INTERRUPT_ITSELF));
        var trainer = open(algorithm);
        if (mode == ExecutionMode.SINGLE_THREADED) {
            assertThatThrownBy(() -> trainer.localProcess(poolDown, ids(10)))
                    .isInstanceOf(StoppedException.class)
                    .hasMessage("stopped: calling thread interrupted, round=1");
            assertThat(Thread.interrupted()).isTrue();
        } else {
            trainer.localProcess(poolDown, ids(10));
        }
        List<PoolClients.Up> ups = trainer.uplinkPackage();
        assertThat(ups)
                .hasSize(mode == ExecutionMode.SINGLE_THREADED ? 1 : 10)
                .allSatisfy(up -> assertThat(up.notes()).containsEntry("interrupted", false));
        ups.forEach(PoolClients.Up::close);
    }

    // ---- closing

    @Test
    void shouldCloseTwiceAndThenRefuseRounds() {
        var trainer = open(Clients.adding(), ONE);
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
        var trainer = open(Clients.adding(), ONE);
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

package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;
import static org.blazefl4j.trainer.FailureTest.awaitUnchecked;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rounds that end early because the stop event is set or the calling thread interrupted. */
final class StopTest {

    private final Down down = Down.of(100);

    @AfterEach
    void close() {
        Thread.interrupted();
        down.value().close();
    }

    /** Client 0 ends at once, the others when the stop event is set. */
    static ClientWorker<Integer, Down, Up> polling(CountDownLatch polls) {
        return (cid, payload, context) -> {
            if (cid > 0) {
                polls.countDown();
                while (true) {
                    context.stopEvent().throwIfSet();
                    Thread.onSpinWait();
                }
            }
            return plus(cid, payload);
        };
    }

    static Thread start(Runnable action) {
        Thread thread = new Thread(action);
        thread.start();
        return thread;
    }

    static void join(Thread thread) {
        Conditions.await(thread + " ends", () -> !thread.isAlive());
    }

    @ParameterizedTest
    @EnumSource
    void shouldStopARoundFromAnotherThreadAndThenRunTheNext(Mode mode) {
        CountDownLatch polls = new CountDownLatch(1);
        try (var trainer = mode.trainer(new Clients(polling(polls)))) {
            Thread stopper = start(() -> {
                awaitUnchecked(polls);
                trainer.stopEvent().set();
            });

            assertThatThrownBy(() -> trainer.localProcess(down, ids(10)))
                    .isInstanceOf(StoppedException.class)
                    .hasMessage("stopped: stop event set, round=1");

            join(stopper);
            assertThat(trainer.stopEvent().isSet()).isFalse();
            List<Up> kept = trainer.uplinkPackage();
            assertThat(kept).extracting(Up::cid).containsExactly(0);
            kept.forEach(Up::close);
            trainer.localProcess(down, List.of(0));
            assertThat(trainer.cache()).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotLoseAStopBetweenRounds(Mode mode) {
        AtomicInteger trained = new AtomicInteger();
        Clients clients = new Clients((cid, payload, context) -> {
            trained.incrementAndGet();
            return plus(cid, payload);
        });
        try (var trainer = mode.trainer(clients)) {
            trainer.stopEvent().set();

            assertThatThrownBy(() -> trainer.localProcess(down, ids(3), Up::close))
                    .isInstanceOf(StoppedException.class)
                    .hasMessage("stopped: stop event set, round=1");

            assertThat(trained).hasValue(0);
            assertThat(trainer.round()).as("nobody trained").isZero();
            trainer.localProcess(down, ids(3), Up::close);
            assertThat(trained).hasValue(3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldLeaveAStopThatComesAfterTheLastClientForTheNextRound(Mode mode) {
        List<Integer> taken = new ArrayList<>();
        AtomicReference<StopEvent> seenByClients = new AtomicReference<>();
        Clients clients = new Clients((cid, payload, context) -> {
            seenByClients.set(context.stopEvent());
            return plus(cid, payload);
        });
        try (var trainer = mode.trainer(clients)) {
            trainer.localProcess(down, ids(3), uplink -> {
                taken.add(uplink.cid());
                uplink.close();
                if (uplink.cid() == 2) {
                    trainer.stopEvent().set();
                    assertThat(seenByClients.get().isSet()).isTrue();
                }
            });

            assertThat(taken).containsExactly(0, 1, 2);
            assertThatThrownBy(() -> trainer.localProcess(down, ids(3), Up::close))
                    .isInstanceOf(StoppedException.class)
                    .hasMessage("stopped: stop event set, round=2");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldHandOverNothingMoreAfterAStopFromTheSink(Mode mode) {
        List<Integer> taken = new ArrayList<>();
        try (var trainer = mode.trainer(Clients.adding())) {
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

    @ParameterizedTest
    @EnumSource
    void shouldLetAClientAskForTheEnd(Mode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid == 1) {
                context.stopEvent().set();
            }
            return plus(cid, payload);
        });
        try (var trainer = mode.trainer(clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(30), Up::close))
                    .isInstanceOf(StoppedException.class);
            assertThat(trainer.stopEvent().isSet()).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotTakeAPartialResultForACompleteRound(Mode mode) {
        CountDownLatch polls = new CountDownLatch(1);
        Clients clients = new Clients((cid, payload, context) -> {
            polls.countDown();
            while (!context.stopEvent().isSet()) {
                Thread.onSpinWait();
            }
            return plus(cid, payload);
        });
        List<Integer> taken = new ArrayList<>();
        try (var trainer = mode.trainer(clients)) {
            Thread stopper = start(() -> {
                awaitUnchecked(polls);
                trainer.stopEvent().set();
            });

            assertThatThrownBy(() -> trainer.localProcess(down, List.of(0), uplink -> taken.add(uplink.cid())))
                    .isInstanceOf(StoppedException.class);
            join(stopper);
            assertThat(taken).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldStopWhenTheCallingThreadIsInterruptedAndKeepItsFlag(Mode mode) {
        CountDownLatch polls = new CountDownLatch(1);
        Thread caller = Thread.currentThread();
        try (var trainer = mode.trainer(new Clients(polling(polls)))) {
            Thread interrupter = start(() -> {
                awaitUnchecked(polls);
                caller.interrupt();
            });

            assertThatThrownBy(() -> trainer.localProcess(down, ids(10), Up::close))
                    .isInstanceOf(StoppedException.class)
                    .hasMessage("stopped: calling thread interrupted, round=1");

            assertThat(Thread.interrupted()).isTrue();
            join(interrupter);
            trainer.localProcess(down, List.of(0), Up::close);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldTrainNobodyIfTheCallingThreadIsInterruptedAlready(Mode mode) {
        AtomicInteger trained = new AtomicInteger();
        Clients clients = new Clients((cid, payload, context) -> {
            trained.incrementAndGet();
            return plus(cid, payload);
        });
        try (var trainer = mode.trainer(clients)) {
            Thread.currentThread().interrupt();

            assertThatThrownBy(() -> trainer.localProcess(down, ids(3), Up::close))
                    .isInstanceOf(StoppedException.class)
                    .hasMessage("stopped: calling thread interrupted, round=1");

            assertThat(Thread.interrupted()).isTrue();
            assertThat(trained).hasValue(0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldReportAFailureBeforeAStopAndKeepTheStop(Mode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            context.stopEvent().set();
            throw new IllegalStateException("broken");
        });
        try (var trainer = mode.trainer(clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(1)))
                    .hasMessageContaining("client failed: client=1")
                    .hasMessageContaining("broken");
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(1)))
                    .hasMessage("stopped: stop event set, round=2");
        }
    }
}

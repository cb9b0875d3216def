package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;

import java.time.Duration;
import java.util.List;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How the calling thread's time divides into phases. Tests spend time on that thread, or while it waits. */
final class TrainerPhasesTest {

    private static final Duration TIME = Duration.ofMillis(5);
    private static final int CLIENTS = 3;
    private static final Duration TIMES = TIME.multipliedBy(CLIENTS);

    private final Down down = Down.of(100);

    @AfterEach
    void close() {
        down.value().close();
    }

    private static void take(Duration duration) {
        long end = System.nanoTime() + duration.toNanos();
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    private static Clients clients(Runnable work) {
        return new Clients((cid, payload, context) -> {
            work.run();
            return Clients.plus(cid, payload);
        });
    }

    private PhaseTimes phases(AbstractClientTrainer<Integer, Down, Up> trainer) {
        try (trainer) {
            assertThat(trainer.phases()).isEqualTo(PhaseTimes.NONE);
            trainer.localProcess(down, ids(CLIENTS), Up::close);
            return trainer.phases();
        }
    }

    private static TrainerOptions options() {
        return TrainerOptions.builder().numParallels(2).build();
    }

    @WithoutProcesses
    void shouldCountWaitingForClientsAsTraining(ExecutionMode mode) {
        Thread caller = Thread.currentThread();
        Clients clients = clients(() -> {
            if (Thread.currentThread() != caller) {
                Conditions.await("the caller waits", () -> caller.getState() == Thread.State.TIMED_WAITING);
            }
            take(TIME);
        });

        assertThat(phases(Clients.trainer(mode, clients)).of(Phase.TRAIN)).isGreaterThanOrEqualTo(TIME);
    }

    @Slow
    @Test
    void shouldCountWaitingForClientsInProcessesAsTraining() {
        long millis = 300;
        var clients = new PoolClients.Algorithm(8);
        ids(CLIENTS)
                .forEach(cid -> clients.order(new PoolClients.Order(cid, PoolClients.Action.ADD, millis, null, null)));
        try (var trainer = new ProcessPoolClientTrainer<>(clients, options())) {
            PoolClients.Down payload = PoolClients.down(8, 1);
            trainer.localProcess(payload, ids(CLIENTS), PoolClients.Up::close);

            PhaseTimes phases = trainer.phases();
            assertThat(phases.of(Phase.TRAIN)).isGreaterThan(Duration.ofMillis(millis / 4));
            assertThat(phases.of(Phase.PUBLISH)).isPositive();
            assertThat(phases.of(Phase.DEAL)).isPositive();
            assertThat(phases.of(Phase.COLLECT)).isPositive();
            payload.x().close();
        }
    }

    @WithoutProcesses
    void shouldCountConfigurationsAsDealing(ExecutionMode mode) {
        Clients clients = new Clients((cid, payload, context) -> Clients.plus(cid, payload)) {
            @Override
            public Integer getClientConfig(int cid) {
                take(TIME);
                return cid;
            }
        };

        assertThat(phases(Clients.trainer(mode, clients)).of(Phase.DEAL)).isGreaterThanOrEqualTo(TIMES);
    }

    @WithoutProcesses
    void shouldCountConversionAsCollecting(ExecutionMode mode) {
        Clients clients = new Clients((cid, payload, context) -> Clients.plus(cid, payload)) {
            @Override
            public Up convertBufferToUplink(Up uplink) {
                take(TIME);
                return uplink;
            }
        };

        assertThat(phases(Clients.trainer(mode, clients)).of(Phase.COLLECT)).isGreaterThanOrEqualTo(TIMES);
    }

    @WithoutProcesses
    void shouldLeaveTheSinkOutAndCoverTheRestOfTheRound(ExecutionMode mode) {
        try (var trainer = Clients.trainer(mode, clients(() -> take(TIME)))) {
            long start = System.nanoTime();
            trainer.localProcess(down, ids(CLIENTS), uplink -> {
                take(TIME);
                uplink.close();
            });
            Duration elapsed = Duration.ofNanos(System.nanoTime() - start);

            assertThat(trainer.phases().total()).isLessThanOrEqualTo(elapsed.minus(TIMES));
            assertThat(List.of(Phase.values()))
                    .allMatch(phase -> !trainer.phases().of(phase).isNegative());
            assertThat(trainer.phases().of(Phase.SAMPLE)).isZero();
            assertThat(trainer.phases().of(Phase.AGGREGATE)).isZero();
            assertThat(trainer.phases().of(Phase.EVALUATE)).isZero();
        }
    }

    @WithoutProcesses
    void shouldReportThePhasesOfAFailedRound(ExecutionMode mode) {
        Clients failing = clients(() -> {
            take(TIME);
            throw new IllegalStateException("no");
        });
        try (var trainer = Clients.trainer(mode, failing)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(CLIENTS), Up::close))
                    .isInstanceOf(ClientFailedException.class);

            assertThat(trainer.phases().total()).isPositive();
        }
    }
}

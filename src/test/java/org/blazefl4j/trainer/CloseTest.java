package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;
import static org.blazefl4j.trainer.FailureTest.awaitUnchecked;
import static org.blazefl4j.trainer.StopTest.join;
import static org.blazefl4j.trainer.StopTest.start;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Closing a trainer at the worst of times. */
final class CloseTest {

    /** A close that waits for the grace time to pass fails. */
    private static final Duration GRACE = Conditions.PATIENCE;

    private static final TrainerOptions PATIENT =
            TrainerOptions.builder().numParallels(2).grace(GRACE).build();

    private final Down down = Down.of(100);

    @AfterEach
    void close() {
        Thread.interrupted();
        down.value().close();
    }

    private static Duration closeTimed(AbstractClientTrainer<?, ?, ?> trainer) {
        long start = System.nanoTime();
        trainer.close();
        return Duration.ofNanos(System.nanoTime() - start);
    }

    @WithoutProcesses
    void shouldCloseFromAClient(ExecutionMode mode) {
        AtomicReference<AbstractClientTrainer<Integer, Down, Up>> self = new AtomicReference<>();
        AtomicBoolean resourceClosed = new AtomicBoolean();
        Clients clients = new Clients((cid, payload, context) -> {
            context.get("resource", () -> (AutoCloseable) () -> resourceClosed.set(true));
            if (cid == 0) {
                self.get().close();
                assertThat(resourceClosed).as("closed under the client's feet").isFalse();
            }
            return plus(cid, payload);
        });
        var trainer =
                mode.trainer(clients, TrainerOptions.builder().numParallels(1).build());
        self.set(trainer);

        assertThatThrownBy(() -> trainer.localProcess(down, ids(10)))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: trainer closed, round=1");

        awaitTrue(resourceClosed);
    }

    private static void awaitTrue(AtomicBoolean condition) {
        Conditions.await("condition", condition::get);
    }

    @Test
    void shouldGiveUpAClientThatDoesNotStop() {
        CountDownLatch runs = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        AtomicReference<Up> late = new AtomicReference<>();
        AtomicBoolean resourceClosed = new AtomicBoolean();
        Clients clients = new Clients((cid, payload, context) -> {
            context.get("resource", () -> (AutoCloseable) () -> resourceClosed.set(true));
            runs.countDown();
            awaitInterrupt();
            interrupted.countDown();
            awaitUnchecked(release);
            late.set(plus(cid, payload));
            return late.get();
        });
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(1)
                .grace(Duration.ofMillis(50))
                .build();
        var trainer = new ThreadPoolClientTrainer<>(clients, options);
        Thread closer = start(() -> {
            awaitUnchecked(runs);
            assertThat(closeTimed(trainer)).isLessThan(GRACE);
        });

        assertThatThrownBy(() -> trainer.localProcess(down, ids(3)))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: trainer closed, round=1");

        join(closer);
        awaitUnchecked(interrupted);
        assertThat(resourceClosed).as("the client still runs").isFalse();
        release.countDown();
        awaitTrue(resourceClosed);
        assertThat(late.get().value().isNull()).as("nobody takes it").isTrue();
        assertThat(trainer.uplinkPackage()).isEmpty();
    }

    private static void awaitInterrupt() {
        while (!Thread.interrupted()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldLeaveAClientOfASerialTrainerItsResourcesUntilItEnds() {
        CountDownLatch runs = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        AtomicBoolean resourceClosed = new AtomicBoolean();
        Clients clients = new Clients((cid, payload, context) -> {
            context.get("resource", () -> (AutoCloseable) () -> resourceClosed.set(true));
            runs.countDown();
            awaitUnchecked(release);
            assertThat(resourceClosed).isFalse();
            return plus(cid, payload);
        });
        var trainer = new SerialClientTrainer<>(
                clients, TrainerOptions.builder().grace(Duration.ofMillis(50)).build());
        Thread closer = start(() -> {
            awaitUnchecked(runs);
            trainer.close();
            release.countDown();
        });

        assertThatThrownBy(() -> trainer.localProcess(down, ids(3)))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: trainer closed, round=1");

        join(closer);
        assertThat(resourceClosed).isTrue();
    }

    @WithoutProcesses
    void shouldCloseAllResourcesAndThrowWhatOneThrows(ExecutionMode mode) {
        List<String> closed = new ArrayList<>();
        Clients clients = new Clients((cid, payload, context) -> {
            context.get("first", () -> (AutoCloseable) () -> closed.add("first"));
            context.get("second", () -> (AutoCloseable) () -> {
                closed.add("second");
                throw new java.io.IOException("cannot close second");
            });
            context.get("third", () -> (AutoCloseable) () -> {
                closed.add("third");
                throw new IllegalStateException("cannot close third");
            });
            return plus(cid, payload);
        });
        var trainer =
                mode.trainer(clients, TrainerOptions.builder().numParallels(1).build());
        trainer.localProcess(down, ids(3), Up::close);

        assertThatThrownBy(trainer::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("cannot close third")
                .satisfies(failure -> assertThat(failure.getSuppressed())
                        .extracting(Throwable::getMessage)
                        .containsExactly("cannot close second"));

        assertThat(closed).containsExactly("third", "second", "first");
        trainer.close();
    }
}

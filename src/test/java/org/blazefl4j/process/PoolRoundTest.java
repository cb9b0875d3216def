package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.PhaseClock;
import org.blazefl4j.core.ShardFunction;
import org.blazefl4j.core.WorkFailedException;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.process.launch.PoolSettings;
import org.blazefl4j.reproducibility.RngCheck;
import org.blazefl4j.util.Slow;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.FailureDecision;
import org.blazefl4j.worker.WorkerSettings;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The end of a round whose worker does not end. */
@Slow
final class PoolRoundTest {

    /** Longer than the test may take, so that nobody kills the worker. */
    private static final Duration GRACE = Duration.ofMinutes(1);

    @TempDir
    private Path folder;

    record Package(Tensor x) {}

    private static Package runForEver(Path started, Package payload, WorkerContext context) throws Exception {
        Files.createFile(started);
        while (true) {
            LockSupport.park();
        }
    }

    private static PoolSettings settings() {
        return new PoolSettings(
                1,
                new WorkerSettings(0, 1, RngCheck.FAIL, false, WorkerSettings.NO_LIMIT),
                OptionalInt.empty(),
                1,
                List.of(),
                List.of(),
                Map.of(),
                false,
                Duration.ofSeconds(5),
                GRACE,
                Optional.empty(),
                Path.of("/tmp"),
                (line, worker) -> {});
    }

    /** A round of one client without a state, trained and not a shard. */
    private interface OneClient extends RoundJobs {

        @Override
        default PhaseClock clock() {
            return new PhaseClock();
        }

        @Override
        default int number() {
            return 0;
        }

        @Override
        default int size() {
            return 1;
        }

        @Override
        default ClientJob job(int index) {
            return new ClientJob(0, 0, Device.CPU);
        }

        @Override
        default Tensor state(int index) {
            return null;
        }

        @Override
        default ShardFunction<?, ?> shardFunction() {
            return null;
        }

        @Override
        default void nonFinite(int index) {
            throw new AssertionError("no client of this test diverges");
        }

        @Override
        default WorkFailedException failure(int index, int worker, String reason, Throwable cause) {
            return new ClientFailedException(0, 0, worker, reason, cause);
        }

        @Override
        default WorkFailedException failure(int index, int worker, Throwable cause) {
            return new ClientFailedException(0, 0, worker, cause);
        }
    }

    /** One client, which is given up as soon as it runs. */
    private record GivenUp(Path started) implements OneClient {

        @Override
        public Object config(int index) {
            return started;
        }

        @Override
        public void keep(int index, Tensor state) {
            throw new AssertionError("no client of this test keeps a state");
        }

        @Override
        public FailureDecision failed(int index, WorkFailedException failure, boolean finished) {
            throw new AssertionError(failure);
        }

        @Override
        public boolean stopRequested() {
            return Files.exists(started);
        }

        @Override
        public boolean closeIsOverdue() {
            return true;
        }
    }

    @Test
    void shouldGiveUpAWorkerThatDoesNotEndOnceCloseIsOverdue() {
        ClientWorker<Path, Package, Package> worker = PoolRoundTest::runForEver;
        try (Tensor x = torch.zeros(1);
                ProcessPool pool =
                        new ProcessPool(settings(), worker, new Package(x), PoolRoundTest.class, new PoolStopEvent())) {
            PoolRound round = pool.begin(new GivenUp(folder.resolve("started")), new Package(x));
            assertThat(round.await(0)).isNull();
            assertThat(round.end()).isEmpty();
            kill(pool.workerPids().get(0)); // close() would wait for it
            pool.close(); // and once more at the end, which finds nothing left to use
        }
    }

    private static Package keep(Integer config, Package payload, WorkerContext context) {
        context.keepState(context.clientId());
        return new Package(payload.x());
    }

    /** One client, whose state cannot be kept at first. */
    private record Unkept(AtomicInteger failures) implements OneClient {

        @Override
        public Object config(int index) {
            return 0;
        }

        @Override
        public void keep(int index, Tensor state) {
            state.close();
            if (failures.get() == 0) {
                throw new OutOfMemoryError("no memory for a state");
            }
        }

        @Override
        public FailureDecision failed(int index, WorkFailedException failure, boolean finished) {
            assertThat(failure).hasMessageContaining("no memory for a state");
            failures.incrementAndGet();
            return FailureDecision.RETRY;
        }

        @Override
        public boolean stopRequested() {
            return false;
        }

        @Override
        public boolean closeIsOverdue() {
            return false;
        }
    }

    @Test
    void shouldFreeTheSlotOfAResultWhoseStateCouldNotBeKept() {
        ClientWorker<Integer, Package, Package> worker = PoolRoundTest::keep;
        try (Tensor x = torch.ones(1);
                ProcessPool pool =
                        new ProcessPool(settings(), worker, new Package(x), PoolRoundTest.class, new PoolStopEvent())) {
            AtomicInteger failures = new AtomicInteger();
            for (int i = 0; i < 2; i++) { // there is one slot
                PoolRound round = pool.begin(new Unkept(failures), new Package(x));
                try (Tensor result = ((Package) round.await(0)).x()) {
                    assertThat(result.item_float()).isOne();
                }
                assertThat(round.end()).isEmpty();
            }
            assertThat(failures).hasValue(1);
        }
    }

    private static void kill(long pid) {
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    }
}

package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.cuda.GraphMode;
import org.blazefl4j.process.launch.PoolSettings;
import org.blazefl4j.reproducibility.RngCheck;
import org.blazefl4j.util.Slow;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.ClientTimeouts;
import org.blazefl4j.worker.Delivery;
import org.blazefl4j.worker.FailureRules;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.blazefl4j.worker.RoundWork;
import org.blazefl4j.worker.TrainerLifecycle;
import org.blazefl4j.worker.UplinkBuffers;
import org.blazefl4j.worker.WorkerSettings;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ends rounds in unusual ways: with a worker that never ends, or a state that cannot be kept. */
@Slow
final class PoolRoundTest {

    /** Longer than the test takes, so the pool does not kill the worker. */
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
                new WorkerSettings(0, 1, RngCheck.FAIL, false, WorkerSettings.NO_LIMIT, List.of(), 0, GraphMode.OFF),
                OptionalInt.empty(),
                1,
                OptionalDouble.empty(),
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

    /** A round of one client without a previous state. */
    private record OneClient(Path config, Package payload, AtomicInteger stagings, List<String> failures)
            implements RoundWork<Path, Package, Package> {

        OneClient(Path config, Package payload) {
            this(config, payload, new AtomicInteger(), new ArrayList<>());
        }

        @Override
        public int round() {
            return 0;
        }

        @Override
        public List<Integer> ids() {
            return List.of(0);
        }

        @Override
        public ClientWorker<Path, Package, Package> function() {
            return PoolRoundTest::runForEver;
        }

        @Override
        public ClientJob job(int index) {
            return new ClientJob(0, 0, Device.CPU);
        }

        @Override
        public Path config(int index) {
            return config;
        }

        @Override
        public UplinkBuffers<Package> buffers() {
            return null;
        }

        @Override
        public int slots() {
            return 1;
        }

        @Override
        public FailureRules rules() {
            return new FailureRules(1, false, NonFinitePolicy.WARN);
        }

        @Override
        public ClientFailedException failure(int index, int worker, String reason, Throwable cause) {
            failures.add(reason);
            return new ClientFailedException(0, 0, worker, reason, cause);
        }

        @Override
        public Tensor state(int index) {
            return null;
        }

        /** Fails the first time, as if memory were short. */
        @Override
        public void stage(int index, Tensor state) {
            state.close();
            if (stagings.getAndIncrement() == 0) {
                throw new OutOfMemoryError("no memory for a state");
            }
        }

        @Override
        public void commit() {
            throw new AssertionError("no round of this test is committed");
        }

        @Override
        public Iterable<Integer> progress() {
            return ids();
        }

        @Override
        public Package convert(Package uplink) {
            return uplink;
        }

        @Override
        public void keep(int index, Package uplink) {
            throw new AssertionError("this test takes each package");
        }

        RoundContext<Path, Package, Package> context(TrainerLifecycle trainer, StopEvent stopEvent) {
            return new RoundContext<>(this, Delivery.IN_ORDER, trainer, stopEvent, ClientTimeouts.unwatched());
        }
    }

    /** Closes the trainer as soon as the client runs; its grace time is then already over. */
    private record ClosedOnce(Path started, TrainerLifecycle trainer) implements StopEvent {

        @Override
        public boolean isSet() {
            if (Files.exists(started)) {
                trainer.close(() -> {}, false);
            }
            return trainer.isClosed();
        }

        @Override
        public void set() {
            throw new AssertionError("this round is not stopped");
        }

        @Override
        public void clear() {
            throw new AssertionError("this round was not stopped");
        }
    }

    @Test
    void shouldAbandonAWorkerThatDoesNotEndOnceCloseIsOverdue() {
        ClientWorker<Path, Package, Package> worker = PoolRoundTest::runForEver;
        Path started = folder.resolve("started");
        TrainerLifecycle trainer = new TrainerLifecycle(Duration.ofSeconds(-1));
        try (Tensor x = torch.zeros(1);
                ProcessPool pool =
                        new ProcessPool(settings(), worker, new Package(x), PoolRoundTest.class, new PoolStopEvent())) {
            OneClient client = new OneClient(started, new Package(x));
            RoundResults<Package> round = pool.begin(client.context(trainer, new ClosedOnce(started, trainer)));
            assertThat(round.await()).isNull();
            assertThat(round.end()).isEmpty();
            assertThat(client.failures()).isEmpty();
            kill(pool.workerPids().get(0)); // otherwise close() waits for it
            pool.close(); // closed again at the end, without effect
        }
    }

    private static Package keep(Path config, Package payload, WorkerContext context) {
        context.keepState(context.clientId());
        return new Package(payload.x());
    }

    @Test
    void shouldFreeTheSlotOfAResultWhoseStateCouldNotBeKept() {
        ClientWorker<Path, Package, Package> worker = PoolRoundTest::keep;
        try (Tensor x = torch.ones(1);
                ProcessPool pool =
                        new ProcessPool(settings(), worker, new Package(x), PoolRoundTest.class, new PoolStopEvent())) {
            OneClient client = new OneClient(null, new Package(x));
            for (int i = 0; i < 2; i++) { // the second round needs the only slot
                RoundResults<Package> round =
                        pool.begin(client.context(new TrainerLifecycle(GRACE), StopEvent.create()));
                try (Tensor result = round.await().x()) {
                    assertThat(result.item_float()).isOne();
                }
                assertThat(round.end()).isEmpty();
            }
            assertThat(client.stagings()).hasValue(3);
            assertThat(client.failures()).singleElement().asString().contains("no memory for a state");
        }
    }

    private static void kill(long pid) {
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    }
}

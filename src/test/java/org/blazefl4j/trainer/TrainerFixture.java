package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.PoolClients.first;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.trainer.PoolClients.Order;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** Opens trainers in one execution mode. After each test nothing of them may be left. */
abstract class TrainerFixture {

    static final int FLOATS = 12;
    /** A close that waits for the grace time to pass fails. */
    static final Duration GRACE = Conditions.PATIENCE;

    /** For tests in which a second worker would have nothing to do. */
    static final TrainerOptions ONE =
            TrainerOptions.builder().numParallels(1).grace(GRACE).build();

    static final TrainerOptions TWO =
            TrainerOptions.builder().numParallels(2).grace(GRACE).build();

    final ExecutionMode mode;
    final Down down = Down.of(100);
    final PoolClients.Down poolDown = PoolClients.down(FLOATS, 100);
    final Algorithm algorithm = new Algorithm(FLOATS);
    private final Holdings before = Holdings.now();
    private final List<AutoCloseable> opened = new ArrayList<>();
    final List<Long> pids = new ArrayList<>();

    @TempDir
    Path folder;

    TrainerFixture(ExecutionMode mode) {
        this.mode = mode;
    }

    @AfterEach
    void requireNothingLeft() throws Exception {
        Thread.interrupted();
        for (AutoCloseable trainer : opened) {
            trainer.close();
        }
        assertThat(pids).noneMatch(Conditions::isRunning);
        before.awaitNoMore();
        down.value().close();
    }

    interface Progress {
        Iterable<Integer> wrap(List<Integer> jobs);
    }

    final <C, D, U> AbstractClientTrainer<C, D, U> open(ClientAlgorithm<C, D, U> clients) {
        return open(clients, TWO);
    }

    final <C, D, U> AbstractClientTrainer<C, D, U> open(ClientAlgorithm<C, D, U> clients, TrainerOptions options) {
        return open(clients, options, jobs -> jobs);
    }

    final <C, D, U> AbstractClientTrainer<C, D, U> open(
            ClientAlgorithm<C, D, U> clients, TrainerOptions options, Progress progress) {
        AbstractClientTrainer<C, D, U> trainer = switch (mode) {
            case SINGLE_THREADED ->
                new SerialClientTrainer<>(clients, options) {
                    @Override
                    public Iterable<Integer> progressFn(List<Integer> jobs) {
                        return progress.wrap(jobs);
                    }
                };
            case MULTI_THREADED ->
                new ThreadPoolClientTrainer<>(clients, options) {
                    @Override
                    public Iterable<Integer> progressFn(List<Integer> jobs) {
                        return progress.wrap(jobs);
                    }
                };
            case MULTI_PROCESS ->
                new ProcessPoolClientTrainer<>(clients, options) {
                    @Override
                    public Iterable<Integer> progressFn(List<Integer> jobs) {
                        return progress.wrap(jobs);
                    }
                };
        };
        opened.add(trainer);
        if (trainer instanceof ProcessPoolClientTrainer<?, ?, ?> pool) {
            pids.addAll(pool.workerPids());
        }
        return trainer;
    }

    static Duration closeTimed(AbstractClientTrainer<?, ?, ?> trainer) {
        long start = System.nanoTime();
        trainer.close();
        return Duration.ofNanos(System.nanoTime() - start);
    }

    static Thread start(Runnable action) {
        return StopTest.start(action);
    }

    static void join(Thread thread) {
        StopTest.join(thread);
    }

    /** Waits until all workers are up. */
    static void awaitReady(AbstractClientTrainer<?, ?, ?> trainer) {
        if (trainer instanceof ProcessPoolClientTrainer<?, ?, ?> pool) {
            pool.awaitReady();
        }
    }

    /** Returns the process ids of a trainer's workers; none in other modes than processes. */
    static List<Long> workerPids(AbstractClientTrainer<?, ?, ?> trainer) {
        return trainer instanceof ProcessPoolClientTrainer<?, ?, ?> pool ? pool.workerPids() : List.of();
    }

    static void requireWholeRound(AbstractClientTrainer<Order, PoolClients.Down, PoolClients.Up> trainer, int clients) {
        List<Integer> taken = new ArrayList<>();
        trainer.localProcess(PoolClients.down(FLOATS, 50), ids(clients), up -> {
            taken.add(up.cid());
            assertThat(first(up.x())).isEqualTo(50f + up.cid());
            up.close();
        });
        assertThat(taken).isEqualTo(ids(clients));
    }
}

package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.trainer.PoolClients.cids;
import static org.blazefl4j.trainer.PoolClients.down;
import static org.blazefl4j.trainer.PoolClients.first;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.trainer.PoolClients.Action;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.trainer.PoolClients.Down;
import org.blazefl4j.trainer.PoolClients.Order;
import org.blazefl4j.trainer.PoolClients.Up;
import org.blazefl4j.util.Fault;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rounds that continue although workers are lost. */
@Slow
final class ProcessPoolPolicyTest {

    private static final int FLOATS = 10_000;

    private final Algorithm algorithm = new Algorithm(FLOATS);
    private final Holdings before = Holdings.now();
    private ProcessPoolClientTrainer<Order, Down, Up> trainer;

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        trainer.close();
        before.awaitNoMore();
    }

    private void open(int workers, TrainerOptions.Builder options, String faults) {
        ProcessOptions process =
                ProcessOptions.builder().jvmArguments(Fault.arguments(faults)).build();
        trainer = new ProcessPoolClientTrainer<>(
                algorithm, options.numParallels(workers).build(), process);
        trainer.awaitReady();
    }

    private static TrainerOptions.Builder retrying(int retries) {
        return TrainerOptions.builder().onClientFailure(FailurePolicy.retry(retries));
    }

    /** Runs a round and checks the result of every client. */
    private void requireWholeRound(int clients) {
        List<Up> ups = new ArrayList<>();
        trainer.localProcess(down(FLOATS, 50), cids(clients), ups::add);
        assertThat(ups).extracting(Up::cid).isEqualTo(cids(clients));
        assertThat(ups).allSatisfy(up -> {
            assertThat(first(up.x())).isEqualTo(50 + up.cid());
            assertThat(first(up.x().min())).isEqualTo(first(up.x().max()));
        });
        ups.forEach(Up::close);
    }

    @Test
    void shouldRetryTheClientWhoseResultWasLostWithItsWorker() {
        open(1, retrying(1), "TRAINING,client=2,attempt=0,do=kill");
        algorithm.order(1, Action.UNBOUNDED);
        List<Long> pids = trainer.workerPids();
        List<Integer> taken = new ArrayList<>();

        trainer.localProcess(down(FLOATS, 0), cids(4), up -> {
            if (up.cid() == 0) {
                Conditions.await("a new worker", () -> !trainer.workerPids().equals(pids));
            }
            taken.add(up.cid());
            up.close();
        });

        assertThat(taken).containsExactly(0, 1, 2, 3);
        assertThat(trainer.retried())
                .satisfiesExactly(
                        lost -> assertThat(lost)
                                .hasMessageContaining("client=1")
                                .hasMessageContaining("its result was lost with its worker"),
                        killed -> assertThat(killed).hasMessageContaining("client=2"));
    }

    @Test
    void shouldReuseAKeptSlotOnlyAfterItsWorkerHasEnded() {
        open(2, retrying(1).slots(2), "");
        algorithm.order(new Order(1, Action.KEEP_WRITING_ONCE, 0, folder.resolve("client"), null));

        requireWholeRound(6);

        assertThat(trainer.retried()).singleElement().asString().contains("uplink buffer still in use: client=1");
    }

    @Test
    void shouldTakeFinishedResultsBeforeEndingAWorkerThatKeptABuffer() {
        open(1, retrying(2), "TRAINING,client=0,attempt=0,do=throw"); // meanwhile client 1 is trained
        algorithm.order(new Order(0, Action.KEEP_WRITING_ONCE, 0, folder.resolve("client"), null));
        algorithm.order(1, Action.UNBOUNDED);

        requireWholeRound(3);

        assertThat(trainer.retried())
                .extracting(Throwable::getMessage)
                .satisfiesExactly(
                        thrown -> assertThat(thrown).contains("client=0").contains("fault at TRAINING"),
                        kept -> assertThat(kept).contains("uplink buffer still in use: client=0"));
    }

    @Test
    void shouldNameAllAttemptsOfAClientThatAlwaysKillsItsWorker() {
        open(2, TrainerOptions.builder().onClientFailure(FailurePolicy.retry(1).thenDrop()), "");
        algorithm.order(1, Action.EXIT);
        List<Integer> taken = new ArrayList<>();

        trainer.localProcess(down(FLOATS, 0), cids(4), up -> {
            taken.add(up.cid());
            up.close();
        });

        assertThat(taken).containsExactly(0, 2, 3);
        assertThat(trainer.dropped()).singleElement().satisfies(failure -> {
            assertThat(failure.attempts()).isEqualTo(2);
            assertThat(failure)
                    .hasMessageContaining("client=1")
                    .hasMessageContaining("attempts=2: worker process ended");
            assertThat(failure.getSuppressed()).hasSize(1);
        });
    }
}

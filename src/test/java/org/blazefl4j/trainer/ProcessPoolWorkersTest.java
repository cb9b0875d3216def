package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.blazefl4j.core.ShardFailedException;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.core.Workers;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.trainer.Shards.Payload;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Work in shards between rounds: tests that are specific to worker processes. */
@Slow
final class ProcessPoolWorkersTest {

    private static final int FLOATS = 10;

    @TempDir
    private Path folder;

    private Payload payload;

    @BeforeEach
    void make() {
        payload = new Payload(Tensors.of(new long[] {5, 6, 7}), folder);
    }

    @AfterEach
    void close() {
        payload.numbers().close();
    }

    @Test
    void shouldShareDataOnce() {
        TrainerOptions options = TrainerOptions.builder().numParallels(1).build();
        try (Tensor other = Tensors.of(new long[] {1});
                var trainer = new ProcessPoolClientTrainer<>(new Algorithm(FLOATS), options)) {
            Workers workers = trainer.workers();
            workers.share(payload);
            Set<Long> shared = Set.copyOf(workers.map("test", payload, 2, Shards::inode));
            workers.share(List.of(payload.numbers()));

            assertThat(shared).hasSize(1).isEqualTo(Set.copyOf(workers.map("test", payload, 2, Shards::inode)));
            assertThat(workers.map("test", new Payload(other, folder), 2, Shards::inode))
                    .as("in the message")
                    .doesNotContainAnyElementsOf(shared);
        }
    }

    @Test
    void shouldKillWorkersThatDoNotStopWithinTheGraceTime() {
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(1)
                .grace(Duration.ofMillis(100))
                .build();
        try (var other = new ProcessPoolClientTrainer<>(new Algorithm(FLOATS), options)) {
            List<Long> pids = other.workerPids();
            Thread stopper = StopTest.start(() -> {
                Conditions.awaitFile(folder.resolve("polls-0"));
                other.stopEvent().set();
            });

            assertThatThrownBy(() -> other.workers().map("test", payload, 3, Shards::deaf))
                    .isInstanceOf(StoppedException.class)
                    .hasMessage("stopped: stop event set, round=1");

            StopTest.join(stopper);
            Conditions.await("the end of the worker", () -> !Conditions.isRunning(pids.get(0)));
            assertThat(other.workers().map("test", payload, 3, Shards::pick)).hasSize(3);
        }
    }

    @Test
    void shouldEndAShardThatTakesLongerThanClientsMay() {
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(1)
                .clientTimeLimit(Duration.ofMillis(100))
                .build();
        try (var other = new ProcessPoolClientTrainer<>(new Algorithm(FLOATS), options)) {
            assertThatThrownBy(() -> other.workers().map("test", payload, 1, Shards::polling))
                    .isInstanceOf(ShardFailedException.class)
                    .hasMessageContaining("shard was stopped because it exceeded its time limit: work=test, shard=0,"
                            + " limit=PT0.1S");
        }
    }
}

package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.blazefl4j.trainer.PoolClients.cids;
import static org.blazefl4j.trainer.PoolClients.down;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.ShardFailedException;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.core.Workers;
import org.blazefl4j.core.Workers.ShardFunction;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.trainer.PoolClients.Down;
import org.blazefl4j.trainer.PoolClients.Order;
import org.blazefl4j.trainer.PoolClients.Up;
import org.blazefl4j.trainer.Shards.Payload;
import org.blazefl4j.trainer.Shards.Result;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Work in shards between the rounds of a trainer, the same in all modes. */
@Slow
@ParameterizedClass
@EnumSource
final class WorkersTest {

    private static final int FLOATS = 10;
    private static final int SHARDS = 100;
    private static final Algorithm ALGORITHM = new Algorithm(FLOATS);

    private static AbstractClientTrainer<Order, Down, Up> trainer;

    @Parameter
    private ExecutionMode mode;

    @TempDir
    private Path folder;

    private final Tensor numbers =
            Tensors.of(IntStream.range(0, SHARDS).mapToLong(i -> i * i).toArray());

    @BeforeParameterizedClassInvocation
    static void open(ExecutionMode mode) {
        trainer = trainer(mode, FailurePolicy.failFast());
    }

    /** Opens a trainer with two workers, in modes that have more than one. */
    private static AbstractClientTrainer<Order, Down, Up> trainer(ExecutionMode mode, FailurePolicy policy) {
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(2)
                .maxSlots(4)
                .onClientFailure(policy)
                .build();
        return mode.trainer(ALGORITHM, options);
    }

    @AfterParameterizedClassInvocation
    static void closeTrainer() {
        trainer.close();
    }

    @AfterEach
    void close() {
        numbers.close();
    }

    private Payload payload() {
        return new Payload(numbers, folder);
    }

    private <R> List<R> map(int shards, ShardFunction<Payload, R> function) {
        return trainer.workers().map("test", payload(), shards, function);
    }

    private ShardFailedException failure(ShardFunction<Payload, ?> function) {
        return catchThrowableOfType(ShardFailedException.class, () -> map(3, function));
    }

    // ---- what it gives

    @Test
    void shouldReturnResultsInTheOrderOfShards() {
        List<Result> results = map(SHARDS, Shards::pick);

        int round = trainer.round();
        assertThat(results)
                .isEqualTo(IntStream.range(0, SHARDS)
                        .mapToObj(i -> new Result(i, round, (double) i * i))
                        .toList());
        assertThat(trainer.workers().count()).isEqualTo(mode == ExecutionMode.SINGLE_THREADED ? 1 : 2);
    }

    @Test
    void shouldTakeLambdasAndReturnNothingForNoShards() {
        int captured = 5;

        assertThat(map(3, (shard, payload, context) -> shard + captured)).containsExactly(5, 6, 7);
        assertThat(map(0, Shards::throwing)).isEmpty();
    }

    @Test
    void shouldCountAsNoRound() {
        trainer.localProcess(down(FLOATS, 1), cids(2));
        int round = trainer.round();
        List<Up> packages = trainer.cache();
        PhaseTimes phases = trainer.phases();

        map(5, Shards::pick);

        assertThat(trainer.round()).isEqualTo(round);
        assertThat(packages).hasSize(2).isEqualTo(trainer.cache());
        assertThat(trainer.phases()).isSameAs(phases);
        trainer.uplinkPackage().forEach(Up::close);
    }

    @Test
    void shouldGiveEachShardItsOwnStreams() {
        List<Double> first = map(8, Shards::draw);

        assertThat(map(8, Shards::draw)).isEqualTo(first).doesNotHaveDuplicates();
        List<Double> others = trainer.workers().map("another", payload(), 8, Shards::draw);
        assertThat(others).doesNotContainAnyElementsOf(first);
    }

    @Test
    void shouldWorkWhileTheCallerHoldsAllSlots() {
        trainer.localProcess(down(FLOATS, 1), cids(4));

        assertThat(map(3, Shards::pick)).hasSize(3);

        trainer.uplinkPackage().forEach(Up::close);
    }

    @Test
    void shouldWorkOnDataThatWasShared() {
        trainer.workers().share(payload());
        trainer.workers().share(List.of(numbers));

        assertThat(map(SHARDS, Shards::pick)).hasSize(SHARDS);
    }

    // ---- failures

    @Test
    void shouldSayWhichShardThrewWhat() {
        ShardFailedException failure = failure(Shards::throwing);

        assertThat(failure.shard()).isEqualTo(1);
        assertThat(failure.attempts()).isEqualTo(1);
        assertThat(failure)
                .hasMessage("test failed: shard=1, worker=" + failure.worker()
                        + ": java.lang.IllegalArgumentException: cannot do it");
        assertThat(map(3, Shards::pick)).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"retry", "drop"})
    void shouldRetryAFailedShard(String policy) {
        try (var other = trainer(mode, policy.equals("drop") ? FailurePolicy.drop() : FailurePolicy.retry(1))) {
            assertThat(other.workers().map("test", payload(), 3, Shards::flaky)).containsExactly(0, 1, 2);

            assertThat(other.retried()).isEmpty();
            assertThatThrownBy(() -> other.workers().map("test", payload(), 3, Shards::throwing))
                    .isInstanceOfSatisfying(ShardFailedException.class, failure -> {
                        assertThat(failure.attempts()).isEqualTo(2);
                        assertThat(failure).hasMessageContaining(", attempts=2: ");
                    });
            assertThat(other.dropped()).isEmpty();
        }
    }

    @Test
    void shouldRefuseTensorsInResults() {
        assertThat(failure(Shards::hiddenTensor))
                .hasMessageContaining(
                        "shard's result holds a tensor: work=test, shard=0, path=[0][x], expected=no tensors");
        assertThat(failure(Shards::tensor)).hasMessageContaining("shard's result holds a tensor: work=test, shard=0");
        assertThat(failure(Shards::nothing))
                .hasMessageContaining("no result: work=test, shard=0; the worker function returned null");
    }

    @Test
    void shouldRefuseStatesAndBuffersToShards() {
        assertThat(failure(Shards::keeping)).hasMessageContaining("a shard has no state: work=test, shard=0");
        assertThat(failure(Shards::asking)).hasMessageContaining("a shard has no state: work=test, shard=0");
        assertThat(failure(Shards::buffered)).hasMessageContaining("a shard has no uplink buffer: work=test, shard=0");
        assertThat(trainer.stateUsage().clients()).isZero();
    }

    @Test
    void shouldNoticeAShardThatWritesToThePayload() {
        try (var other = new SerialClientTrainer<>(ALGORITHM, TrainerOptions.defaults())) {
            assertThatThrownBy(() -> other.workers().map("test", payload(), 1, Shards::writing))
                    .hasMessageContaining(
                            "payload or data were written to: work=test, shard=0, round=1, expected=no writes");
        }
    }

    @Test
    void shouldFailAShardThatChangesASettingOfTheProcessAndPutItBack() {
        assertThat(failure(Shards::settingDouble))
                .hasMessageContaining("settings of the process changed: shards=[")
                .hasMessageContaining("found=[defaultDtype=Double], expected=[defaultDtype=Float]");

        assertThat(map(1, Shards::settingDouble)).containsExactly("Float");
        assertThat(torch.get_default_dtype_as_scalartype().intern()).isEqualTo(ScalarType.Float);
    }

    // ---- the end

    @Test
    void shouldStopByTheStopEvent() {
        Thread stopper = StopTest.start(() -> {
            Conditions.awaitFile(folder.resolve("polls-0"));
            trainer.stopEvent().set();
        });

        assertThatThrownBy(() -> map(3, Shards::polling))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: stop event set, round=" + (trainer.round() + 1));

        StopTest.join(stopper);
        assertThat(trainer.stopEvent().isSet()).isFalse();
        assertThat(map(3, Shards::pick)).hasSize(3);
    }

    @Test
    void shouldStopWhenTheCallerIsInterrupted() {
        Thread caller = Thread.currentThread();
        Thread interrupter = StopTest.start(() -> {
            Conditions.awaitFile(folder.resolve("polls-0"));
            caller.interrupt();
        });

        assertThatThrownBy(() -> map(3, Shards::polling))
                .isInstanceOf(StoppedException.class)
                .hasMessageStartingWith("stopped: calling thread interrupted");

        assertThat(Thread.interrupted()).isTrue();
        StopTest.join(interrupter);
    }

    @Test
    void shouldNotStartWhenStoppedBefore() {
        trainer.stopEvent().set();

        assertThatThrownBy(() -> map(3, Shards::throwing)).isInstanceOf(StoppedException.class);
        assertThat(map(3, Shards::pick)).hasSize(3);
    }

    @Test
    void shouldEndWhenTheTrainerIsClosedMeanwhile() {
        try (var other = trainer(mode, FailurePolicy.failFast())) {
            Thread closer = StopTest.start(() -> {
                Conditions.awaitFile(folder.resolve("polls-0"));
                other.close();
            });

            assertThatThrownBy(() -> other.workers().map("test", payload(), 3, Shards::polling))
                    .isInstanceOf(StoppedException.class)
                    .hasMessage("stopped: trainer closed, round=1");

            StopTest.join(closer);
            assertThatThrownBy(() -> other.workers().map("test", payload(), 1, Shards::pick))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("trainer is closed: round=1; make a new trainer");
        }
    }

    // ---- wrong arguments

    @Test
    void shouldRefuseWrongArguments() {
        Workers workers = trainer.workers();

        assertThatThrownBy(() -> workers.map("test", payload(), -1, Shards::pick))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("too few shards: work=test, shards=-1, limit=0 or more");
        assertThatThrownBy(() -> workers.map(" ", payload(), 1, Shards::pick))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("work is blank: work= ; give it a name, for messages");
        assertThatThrownBy(() -> workers.map("test", null, 1, Shards::pick)).hasMessage("payload");
        assertThatThrownBy(() -> workers.map("test", payload(), 1, null)).hasMessage("function");
    }

    @Test
    void shouldRefuseToWorkDuringARound() {
        List<Throwable> refusals = new ArrayList<>();

        trainer.localProcess(down(FLOATS, 1), cids(1), up -> {
            up.close();
            refusals.add(catchThrowableOfType(IllegalStateException.class, () -> map(1, Shards::pick)));
        });

        assertThat(refusals).singleElement().asString().contains("a round is running: round=");
    }
}

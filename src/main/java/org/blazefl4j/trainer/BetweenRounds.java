package org.blazefl4j.trainer;

import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.blazefl4j.core.Workers;
import org.blazefl4j.worker.SideWork;

/**
 * A trainer's workers between its rounds.
 *
 * @param parallels the number of workers
 * @param sharing makes tensors in some data readable for workers
 * @param deviceCount the number of CUDA devices to spread shards over
 */
record BetweenRounds(
        TrainerRounds rounds, IntSupplier parallels, Consumer<Object> sharing, TrainerOptions options, int deviceCount)
        implements Workers {

    @Override
    public int count() {
        return parallels.getAsInt();
    }

    @Override
    public void share(Object data) {
        Objects.requireNonNull(data, "data");
        rounds.exclusively(() -> sharing.accept(data));
    }

    @Override
    public <P, R> List<R> map(String work, P payload, int shards, ShardFunction<P, R> function) {
        List<Integer> ids = RoundArguments.shards(work, shards);
        RoundArguments.requireOpen(payload);
        Objects.requireNonNull(function, "function");
        SideWork side = SideWork.ofShards(work);
        return rounds.between(
                () -> new ShardedWork<>(side, rounds.next(), payload, ids, function, options, deviceCount));
    }
}

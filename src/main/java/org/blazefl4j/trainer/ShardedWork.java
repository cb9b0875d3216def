package org.blazefl4j.trainer;

import java.util.List;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.ShardFailedException;
import org.blazefl4j.core.Workers.ShardFunction;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.SideWork;
import org.blazefl4j.worker.WorkerCall;
import org.jspecify.annotations.Nullable;

/**
 * The shards of {@link org.blazefl4j.core.Workers#map}, which have no states.
 *
 * @param <P> the payload of all shards
 * @param <R> the result of one shard
 * @param side the work, with its name in messages
 * @param round the trainer's next round
 * @param ids the shards, from 0
 * @param deviceCount the number of CUDA devices to spread shards over
 */
record ShardedWork<P, R>(
        SideWork side,
        int round,
        P payload,
        List<Integer> ids,
        ShardFunction<P, R> sideFunction,
        TrainerOptions options,
        int deviceCount)
        implements SideRoundWork<Integer, P, R> {

    @Override
    public ClientWorker<Integer, P, R> function() {
        return WorkerCall.ofShards(sideFunction);
    }

    @Override
    public ClientJob job(int index) {
        return new ClientJob(index, round, options.device().forClient(index, deviceCount), side);
    }

    @Override
    public Integer config(int index) {
        return index;
    }

    @Override
    public ShardFailedException failure(int index, int worker, @Nullable String reason, @Nullable Throwable cause) {
        return new ShardFailedException(side.name(), index, worker, reason, cause);
    }
}

package org.blazefl4j.trainer;

import java.util.List;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.ShardFailedException;
import org.blazefl4j.core.ShardFunction;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.FailureRules;
import org.blazefl4j.worker.RoundWork;
import org.blazefl4j.worker.WorkerCall;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The shards of {@link org.blazefl4j.core.Workers#map}. They are dealt like clients, but have neither states nor hooks,
 * and none can be dropped.
 *
 * @param <P> the payload of all shards
 * @param <R> the result of one shard
 * @param name the name of the work in messages
 * @param round the trainer's next round
 * @param ids the shards, from 0
 * @param deviceCount the number of CUDA devices to spread shards over
 */
record ShardedWork<P, R>(
        String name,
        int round,
        P payload,
        List<Integer> ids,
        ShardFunction<P, R> shardFunction,
        TrainerOptions options,
        int deviceCount)
        implements RoundWork<Integer, P, R> {

    @Override
    public ClientWorker<Integer, P, R> function() {
        return WorkerCall.ofShards(shardFunction);
    }

    @Override
    public ClientJob job(int index) {
        return new ClientJob(index, round, options.device().forClient(index, deviceCount), name);
    }

    @Override
    public Integer config(int index) {
        return index;
    }

    @Override
    public int slots() {
        return options.slots();
    }

    @Override
    public FailureRules rules() {
        return options.onClientFailure().ofShards().rules(options.onNonFinite());
    }

    @Override
    public ShardFailedException failure(int index, int worker, @Nullable String reason, @Nullable Throwable cause) {
        return new ShardFailedException(name, index, worker, reason, cause);
    }

    @Override
    public void stage(int index, Tensor state) {
        state.close();
        throw new IllegalStateException(
                "a shard has no state: work=" + name + ", shard=" + index + "; keep states of clients only");
    }
}

package org.blazefl4j.trainer;

import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.ShardFailedException;
import org.blazefl4j.core.ShardFunction;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.FailureRules;
import org.blazefl4j.worker.RoundWork;
import org.blazefl4j.worker.UplinkBuffers;
import org.blazefl4j.worker.WorkerCall;
import org.bytedeco.pytorch.Tensor;

/**
 * The shards of what the server has workers do between rounds. They are dealt like clients, but are none: there are no
 * states, hooks or packages that could be left, and none can be left out.
 *
 * @param <P> what all shards are given
 * @param <R> what one shard results in
 */
final class ShardedWork<P, R> implements RoundWork<Integer, P, R> {

    private final String name;
    private final int round;
    private final List<Integer> shards;
    private final ShardFunction<P, R> function;
    private final P payload;
    private final FailureRules rules;
    private final int slots;
    private final Device device;
    private final int deviceCount;

    /**
     * Work between rounds.
     *
     * @param round the trainer's next
     * @param deviceCount the CUDA devices that shards are spread over
     */
    ShardedWork(
            String name,
            int round,
            P payload,
            int shards,
            ShardFunction<P, R> function,
            TrainerOptions options,
            int deviceCount) {
        this.name = name;
        this.round = round;
        this.payload = payload;
        this.shards = IntStream.range(0, shards).boxed().toList();
        this.function = function;
        this.rules = options.onClientFailure().ofShards().rules(options.onNonFinite());
        this.slots = options.slots();
        this.device = options.device();
        this.deviceCount = deviceCount;
    }

    /**
     * Checks the arguments that a user gave.
     *
     * @throws IllegalArgumentException if the name is blank or the number negative
     */
    static void check(String name, int shards) {
        if (name == null || name.isBlank()) {
            throw new IllegalArgumentException("work is blank: work=" + name + "; give it a name, for messages");
        }
        if (shards < 0) {
            throw new IllegalArgumentException(
                    "too few shards: work=" + name + ", shards=" + shards + ", limit=0 or more");
        }
    }

    @Override
    public int round() {
        return round;
    }

    @Override
    public List<Integer> ids() {
        return shards;
    }

    @Override
    public ClientWorker<Integer, P, R> function() {
        return WorkerCall.ofShards(function);
    }

    @Override
    public ShardFunction<?, ?> shardFunction() {
        return function;
    }

    @Override
    public P payload() {
        return payload;
    }

    @Override
    public FailureRules rules() {
        return rules;
    }

    @Override
    public ShardFailedException failure(int index, int worker, String reason, Throwable cause) {
        return reason == null
                ? new ShardFailedException(name, index, worker, cause)
                : new ShardFailedException(name, index, worker, reason, cause);
    }

    @Override
    public ClientJob job(int index) {
        return new ClientJob(index, round, device.forClient(index, deviceCount), name);
    }

    @Override
    public Integer config(int index) {
        return index;
    }

    @Override
    public UplinkBuffers<R> buffers() {
        return null;
    }

    @Override
    public int slots() {
        return slots;
    }

    @Override
    public Tensor state(int index) {
        return null;
    }

    @Override
    public void stage(int index, Tensor state) {
        state.close();
        throw new IllegalStateException("a shard has no state: work=" + name + ", shard=" + index + ", limit=clients");
    }

    @Override
    public void commit() {
        // there is nothing to keep
    }

    @Override
    public Iterable<Integer> progress() {
        return shards;
    }

    @Override
    public R convert(R result) {
        return result;
    }

    @Override
    public void keep(R result) {
        // of no use without the others
    }
}

package org.blazefl4j.trainer;

import java.util.List;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.ShardFunction;
import org.blazefl4j.core.WorkFailedException;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.UplinkBuffers;
import org.bytedeco.pytorch.Tensor;

/**
 * What workers do in a round, position by position: they train clients, or work the shards of what the server has them
 * do between rounds. What is said of clients elsewhere holds for both; where they differ is said here.
 *
 * @param <C> the client's configuration, or the shard
 * @param <D> the downlink package, or what all shards are given
 * @param <U> the uplink package, or a shard's result
 */
interface RoundWork<C, D, U> {

    /** The clients, or shards, in the order of hand-over. */
    List<Integer> ids();

    /** What workers call. */
    ClientWorker<C, D, U> function();

    /** What {@link #function} stands for if it is of shards, so that workers do not know it; else null. */
    ShardFunction<?, ?> shardFunction();

    /** What becomes of one that fails. */
    FailurePolicy policy();

    /** Describes the failure of the one at a position. */
    WorkFailedException failure(int index, int worker, String reason, Throwable cause);

    /** Describes the failure of the one at a position by what it threw. */
    WorkFailedException failure(int index, int worker, Throwable cause);

    /** The one at a position. */
    ClientJob job(int index);

    /** What the function is told of the one at a position. On the calling thread, when it is dealt. */
    C config(int index);

    /** What makes uplink buffers where clients are trained in this process; null if there are none. */
    UplinkBuffers<U> buffers();

    /** The most that should be between dealing and hand-over in the streaming form, where the mode does not say. */
    int slots();

    /** The bytes of the state that a client starts from, which the caller owns; null if there is none. Any thread. */
    Tensor state(int index);

    /**
     * Takes over the bytes of the state that a client left.
     *
     * @throws IllegalStateException if they cannot be kept
     */
    void stage(int index, Tensor state);

    /** The states that were left count from now on. */
    void commit();

    /** The ids again, seen by who shows progress. */
    Iterable<Integer> progress();

    /** The last step on a package before it is handed over. */
    U converted(U uplink);

    /** Takes over a package that could not be handed over. */
    void keep(U uplink);
}

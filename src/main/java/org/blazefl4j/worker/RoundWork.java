package org.blazefl4j.worker;

import java.util.List;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.ShardFunction;
import org.blazefl4j.core.WorkFailedException;
import org.bytedeco.pytorch.Tensor;

/**
 * The work of one round, position by position: clients to train, or shards of what the server has workers do between
 * rounds. What is said of clients holds for shards as well; where they differ is said here. Dispatchers see it through
 * {@link RoundContext}, which decides what becomes of failures and results.
 *
 * @param <C> the client's configuration, or the shard
 * @param <D> the downlink package, or what all shards are given
 * @param <U> the uplink package, or a shard's result
 */
public interface RoundWork<C, D, U> {

    /** The round, from 0, or the next one if this is work between rounds. */
    int round();

    /** The clients in the order in which they are dealt and their packages handed over. */
    List<Integer> ids();

    /** What workers call. */
    ClientWorker<C, D, U> function();

    /**
     * What {@link #function} stands for if this is work of shards, which worker processes do not know yet; else null.
     */
    ShardFunction<?, ?> shardFunction();

    /** What all clients are given. */
    D payload();

    /** The client at a position. */
    ClientJob job(int index);

    /** The configuration of the client at a position. Called once, on the calling thread, when the client is dealt. */
    C config(int index);

    /** Makes uplink buffers of clients of this process; null for shards, which have none. */
    UplinkBuffers<U> buffers();

    /** The most clients between dealing and hand-over in the streaming form, where the mode has no limit of its own. */
    int slots();

    /** What becomes of clients that fail. */
    FailureRules rules();

    /**
     * Describes the failure of one client.
     *
     * @param reason what happened; null to tell what was thrown
     * @param cause what was thrown; null if nothing was
     */
    WorkFailedException failure(int index, int worker, String reason, Throwable cause);

    /**
     * The bytes of the state that a client starts from, which the caller owns; null if there is none. Any thread.
     *
     * @throws IllegalStateException if there should be one that cannot be read
     */
    Tensor state(int index);

    /**
     * Takes over the bytes of the state that a client left.
     *
     * @throws IllegalStateException if they cannot be kept
     */
    void stage(int index, Tensor state);

    /** Makes the states that were left the clients' own. */
    void commit();

    /** The ids again, each asked for when the one before it was handed over: what shows progress sees them pass. */
    Iterable<Integer> progress();

    /** The last step on a package before it is handed over. */
    U convert(U uplink);

    /** Takes over a package that could not be handed over. */
    void keep(U uplink);
}

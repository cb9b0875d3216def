package org.blazefl4j.core;

import java.io.Serializable;

/**
 * One part of a piece of work that a trainer's {@link Workers} share among them, such as one batch of an evaluation.
 * The same function serves all execution modes.
 *
 * <p>In process mode it is sent to the workers as a {@link ClientWorker} is: best a method reference to a static
 * method.
 *
 * @param <P> what all shards are given
 * @param <R> what one shard results in
 */
@FunctionalInterface
public interface ShardFunction<P, R> extends Serializable {

    /**
     * Works one shard. Native memory that it allocates in its thread is freed when it has returned.
     *
     * @param shard which one, from 0
     * @param payload the same for all; read-only, valid until the call returns
     * @param context the worker's surroundings, valid until the call returns. A shard is no client: its
     *     {@code clientId()} is the shard, its {@code round()} the trainer's next, its streams are apart from all
     *     clients', and it has neither state nor uplink buffer. What {@code get} made is the same as clients see
     * @return the result: what a package may hold except tensors; not null
     * @throws Exception fails the shard: {@link Workers#map} throws {@link ShardFailedException} with it as cause
     */
    R run(int shard, P payload, WorkerContext context) throws Exception;
}

package org.blazefl4j.core;

import java.io.Serializable;

/**
 * Computes one shard of work that a trainer's {@link Workers} share, such as one batch of an evaluation, in all
 * execution modes. Like a {@link ClientWorker} it is best a method reference to a static method.
 *
 * @param <P> the payload of all shards
 * @param <R> the result of one shard
 */
@FunctionalInterface
public interface ShardFunction<P, R> extends Serializable {

    /**
     * Computes one shard. Native memory that it allocates in its thread is freed when it returns.
     *
     * @param shard the shard, from 0
     * @param payload read-only, valid until the call returns
     * @param context valid until the call returns. {@code clientId()} is the shard, {@code round()} the trainer's next
     *     round; streams differ from all clients'; there is neither state nor uplink buffer. {@code get} shares its
     *     resources with clients
     * @return anything a package may hold except tensors
     * @throws Exception fails the shard: {@link Workers#map} throws {@link ShardFailedException} with it as cause
     */
    R run(int shard, P payload, WorkerContext context) throws Exception;
}

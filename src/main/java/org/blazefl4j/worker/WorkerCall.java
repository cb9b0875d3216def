package org.blazefl4j.worker;

import java.util.function.Supplier;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.ShardFunction;

/**
 * One call of a function by a worker: for a client, or for a shard.
 *
 * @param <C> the client's configuration, or the shard
 * @param <D> the downlink package, or what all shards are given
 * @param <U> the uplink package, or the shard's result
 * @param function what is called
 * @param job for whom
 * @param config the function's first argument
 * @param payload its second argument; read-only
 * @param buffer makes the uplink buffer if the client asks for it; called at most once
 */
public record WorkerCall<C, D, U>(
        ClientWorker<? super C, ? super D, ? extends U> function,
        ClientJob job,
        C config,
        D payload,
        Supplier<? extends U> buffer) {

    /** A function of shards as workers call it. */
    public static <P, R> ClientWorker<Integer, P, R> ofShards(ShardFunction<P, R> function) {
        return function::run;
    }
}

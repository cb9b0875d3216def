package org.blazefl4j.worker;

import java.util.function.Supplier;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.ShardFunction;

/**
 * One call of a worker function, for a client or a shard.
 *
 * @param <C> the client's configuration, or the shard
 * @param <D> the downlink package, or the payload of shards
 * @param <U> the uplink package, or the shard's result
 * @param function the function to call
 * @param job the client or shard
 * @param config the function's first argument
 * @param payload the function's second argument; read-only
 * @param buffer creates the uplink buffer when the client asks for it; called at most once
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

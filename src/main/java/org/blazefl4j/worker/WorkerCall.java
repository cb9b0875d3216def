package org.blazefl4j.worker;

import java.util.function.Supplier;
import org.blazefl4j.core.ClientEvaluator;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.core.Workers.ShardFunction;
import org.jspecify.annotations.Nullable;

/**
 * One call of a worker function, for a client or a shard.
 *
 * @param <C> the client's configuration, or the shard
 * @param <D> the downlink package, or the payload of shards
 * @param <U> the uplink package, or the shard's result
 * @param payload read-only
 * @param buffer creates the uplink buffer when the client asks for it; called at most once
 */
public record WorkerCall<C, D, U>(
        ClientWorker<? super C, ? super D, ? extends U> function,
        ClientJob job,
        @Nullable C config,
        @Nullable D payload,
        Supplier<? extends U> buffer) {

    /** Returns a function of shards as workers call it. */
    public static <P, R> ClientWorker<Integer, P, R> ofShards(ShardFunction<P, R> function) {
        return function::run;
    }

    /** Returns a function that evaluates clients as workers call it. */
    public static <C, D, R> ClientWorker<C, D, R> ofEvaluator(ClientEvaluator<C, D, R> evaluator) {
        return evaluator::evaluate;
    }

    @SuppressWarnings("NullAway") // it is null only if the algorithm or a caller of Workers.map made it null
    U train(WorkerContext context) throws Exception {
        return function.train(config, payload, context);
    }
}

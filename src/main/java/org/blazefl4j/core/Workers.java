package org.blazefl4j.core;

import java.io.Serializable;
import java.util.List;

/**
 * A trainer's workers between its rounds, for work of the server that splits into shards, such as an evaluation.
 *
 * <pre>{@code
 * record Task(Tensor parameters, Dataset samples) {}
 *
 * List<Double> losses = trainer.workers().map("evaluation", task, batches, Handler::loss);
 * double sum = losses.stream().mapToDouble(loss -> loss).sum(); // in the order of shards: the same bits always
 *
 * static double loss(int shard, Task task, WorkerContext context) { ... }
 * }</pre>
 *
 * <p>The work runs like a round with shards instead of clients: the payload is published once, idle workers take the
 * next shard, lost workers are replaced. It is not counted as a round, and changes neither clients' random streams and
 * states nor what the trainer reports of its last round. Used by one thread at a time, and not during a round.
 */
public interface Workers {

    /** No workers. */
    Workers NONE = new NoWorkers();

    /** Returns the number of shards that run at the same time; 0 if there are no workers. */
    int count();

    /**
     * Shares the tensors in some data with the workers, for payloads and configurations that refer to them repeatedly.
     * In process mode they are copied to shared memory once, however often this is called; other modes do nothing. The
     * owner must not change their contents, shape or memory while the trainer lives.
     *
     * @param data anything a package may hold
     * @throws IllegalArgumentException if it cannot cross to workers
     * @throws IllegalStateException if the trainer is closed, a round is running, there are no workers or there is not
     *     enough shared memory
     */
    void share(Object data);

    /**
     * Computes shards and returns their results in order. The bits depend neither on the execution mode nor on the
     * number of workers, as long as the function's do not.
     *
     * <p>Failed shards are retried as {@code TrainerOptions.onClientFailure} says of clients. No shard can be dropped:
     * a policy that drops clients retries shards at least once.
     *
     * @param <P> the payload of all shards
     * @param <R> the result of one shard
     * @param work its name in messages, such as {@code "evaluation"}
     * @param payload read-only for shards and valid until the call returns
     * @param shards the number of shards, 0 or more
     * @throws IllegalArgumentException if the number is negative, or payload or function cannot cross to workers
     * @throws IllegalStateException if the trainer is closed, a round is running or there are no workers
     * @throws ShardFailedException if a shard fails and is not retried
     * @throws StoppedException if the trainer's stop event was set, the calling thread interrupted or the trainer
     *     closed
     */
    <P, R> List<R> map(String work, P payload, int shards, ShardFunction<P, R> function);

    /**
     * Computes one shard of work that a trainer's {@link Workers} share, such as one batch of an evaluation, in all
     * execution modes. Like a {@link ClientWorker} it is best a method reference to a static method.
     *
     * @param <P> the payload of all shards
     * @param <R> the result of one shard
     */
    @FunctionalInterface
    interface ShardFunction<P, R> extends Serializable {

        /**
         * Computes one shard. Native memory that it allocates in its thread is freed when it returns.
         *
         * @param shard the shard, from 0
         * @param payload read-only, valid until the call returns
         * @param context valid until the call returns. {@code clientId()} is the shard, {@code round()} the trainer's
         *     next round; streams differ from all clients'; there is neither state nor uplink buffer. {@code get}
         *     shares its resources with clients
         * @return anything a package may hold except tensors
         * @throws Exception fails the shard: {@link Workers#map} throws {@link ShardFailedException} with it as cause
         */
        R run(int shard, P payload, WorkerContext context) throws Exception;
    }
}

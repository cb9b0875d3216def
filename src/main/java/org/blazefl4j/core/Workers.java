package org.blazefl4j.core;

import java.util.List;

/**
 * A trainer's workers between its rounds, for work of the server's that can be cut into shards: an evaluation, say.
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
 * <p>It is done as a round is, with shards in the clients' place: the payload is published once, idle workers take the
 * next shard, lost workers are replaced. But it is no round: it is not counted, and clients' random streams and states
 * and what the trainer tells of its last round stay as they are. Used by one thread at a time, and not during a round.
 */
public interface Workers {

    /** Of a trainer that offers none. */
    Workers NONE = new NoWorkers();

    /** How many shards are worked at the same time; 0 where there are no workers. */
    int count();

    /**
     * Puts tensors to where workers read them without a copy, for as long as somebody has them: in process mode they
     * are copied to shared memory, once, however often this is called; in other modes nothing is done. For data that
     * payloads and configurations refer to again and again. Who owns the tensors does not change what is in them, nor
     * their shape, and does not use their memory for others while the trainer lives.
     *
     * @param data anything a package may hold; its tensors are meant
     * @throws IllegalArgumentException if it cannot cross to workers
     * @throws IllegalStateException if the trainer is closed, a round is running, there are no workers or there is not
     *     enough shared memory
     */
    void share(Object data);

    /**
     * Works shards and returns their results, in the order of shards. The bits depend neither on the execution mode nor
     * on the number of workers, as long as the function's do not.
     *
     * <p>A shard fails as a client does, and is worked again as {@code TrainerOptions.onClientFailure} says of clients.
     * None can be left out: where clients are dropped, shards are worked again, once at least.
     *
     * @param <P> what all shards are given
     * @param <R> what one shard results in
     * @param work what it is called in messages, such as {@code "evaluation"}
     * @param payload read-only for shards and valid until the call returns
     * @param shards how many there are; with 0 the list is empty
     * @param function works one of them
     * @throws IllegalArgumentException if the number is negative, or payload or function cannot cross to workers
     * @throws IllegalStateException if the trainer is closed, a round is running or there are no workers
     * @throws ShardFailedException if a shard fails and is not worked again
     * @throws StoppedException if the trainer's stop event was set, the calling thread interrupted or the trainer
     *     closed
     */
    <P, R> List<R> map(String work, P payload, int shards, ShardFunction<P, R> function);
}

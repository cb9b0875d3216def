package org.blazefl4j.core;

import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.blazefl4j.codec.TensorWalk;

/**
 * The client side of a federated algorithm: it trains the sampled clients, one after another or in parallel.
 *
 * <p>Results are the same bits in every execution mode. Rounds are counted from 0, one per call of
 * {@code localProcess}; the count is part of every client's random streams. What people read, messages and result
 * files, counts from 1.
 *
 * @param <D> the downlink package, server to client
 * @param <U> the uplink package, client to server
 */
public interface ClientTrainer<D, U> extends AutoCloseable {

    /**
     * Trains the clients and collects their packages for {@link #uplinkPackage()}.
     *
     * @param payload read-only for clients and valid until the call returns
     * @param cids client ids in the order in which their results are wanted, none twice
     * @throws ClientFailedException if a client fails and is neither trained again nor dropped, or if all are dropped;
     *     what the others returned is then in {@link #uplinkPackage()}
     * @throws StoppedException if the stop event was set, the calling thread interrupted or the trainer closed
     */
    void localProcess(D payload, List<Integer> cids);

    /**
     * Trains the clients and hands each result to {@code sink}, in the order of {@code cids}, on the calling thread.
     *
     * <p>Memory is in the order of workers, not of clients, as long as the sink closes what it takes.
     *
     * @param payload read-only for clients and valid until the call returns
     * @param cids client ids in the order in which their results are wanted, none twice
     * @param sink takes ownership of each package
     * @throws ClientFailedException if a client fails and is neither trained again nor dropped, or if all are dropped;
     *     what had not been handed over is then in {@link #uplinkPackage()}
     * @throws StoppedException if the stop event was set, the calling thread interrupted or the trainer closed
     */
    void localProcess(D payload, List<Integer> cids, Consumer<? super U> sink);

    /**
     * The same, but packages that are ready at the same time are handed over together, so that a sum can take several
     * in one pass. A package that is ready never waits for another; how many come together is therefore different each
     * time, and nothing may depend on it.
     *
     * @param payload read-only for clients and valid until the call returns
     * @param cids client ids in the order in which their results are wanted, none twice
     * @param sink takes ownership of each package of a list: one or more that follow each other in the order of
     *     {@code cids}, and no more than a few
     * @throws ClientFailedException if a client fails and is neither trained again nor dropped, or if all are dropped;
     *     what had not been handed over is then in {@link #uplinkPackage()}
     * @throws StoppedException if the stop event was set, the calling thread interrupted or the trainer closed
     */
    default void localProcessInBatches(D payload, List<Integer> cids, Consumer<? super List<U>> sink) {
        Objects.requireNonNull(sink, "sink");
        localProcess(payload, cids, uplink -> sink.accept(List.of(uplink)));
    }

    /**
     * The failures of those clients that the last round went on without, in list order; of each its last attempt's,
     * with those before suppressed. The handler has to be told of them, by {@link ServerHandler#drop}, after
     * {@code localProcess}; the library's handlers refuse to sample clients for the next round until then.
     */
    default List<ClientFailedException> dropped() {
        return List.of();
    }

    /** The failures that a later attempt of the same client made good in the last round, in list order. */
    default List<ClientFailedException> retried() {
        return List.of();
    }

    /**
     * The clients whose results in the last round held NaN or an infinity, in list order, whatever became of these
     * results.
     */
    default List<Integer> nonFinite() {
        return List.of();
    }

    /**
     * How long the last round spent, on the thread that called {@code localProcess}, in {@link Phase#PUBLISH},
     * {@link Phase#DEAL}, {@link Phase#TRAIN} and {@link Phase#COLLECT}; the sink is left out.
     *
     * @return {@link PhaseTimes#NONE} if there was no round yet or the trainer does not measure
     */
    default PhaseTimes phases() {
        return PhaseTimes.NONE;
    }

    /**
     * The most memory that this process and the trainer's worker processes have had resident so far; after
     * {@link #close()}, of workers, until then.
     *
     * @return {@link PeakMemory#UNKNOWN} if the trainer does not look
     */
    default PeakMemory peakMemory() {
        return PeakMemory.UNKNOWN;
    }

    /** The number of the round that runs or else of the next one: from 0, one less than messages say. */
    int round();

    /**
     * Takes the collected packages, in the order of the ids given to {@code localProcess}, and empties the cache. The
     * caller owns the packages and closes their tensors.
     */
    List<U> uplinkPackage();

    /**
     * Closes a package that was handed over and is done with: by its own {@code close()} if it has one, and each tensor
     * in it that is still open. A tensor that somebody keeps by {@code retainReference()} stays open.
     *
     * @throws IllegalStateException if the package does not close
     */
    default void discard(U uplink) {
        TensorWalk.discard(uplink);
    }

    /**
     * The order in which clients are best dealt to workers: declared data size descending, then id. It belongs to the
     * experiment: floating-point sums follow it, in every mode.
     */
    List<Integer> order(List<Integer> cids);

    /**
     * The workers, for work between rounds. The same object at every call, valid until the trainer is closed; by
     * default {@link Workers#NONE}.
     */
    default Workers workers() {
        return Workers.NONE;
    }

    /**
     * Stops the round that runs, or the next one, at its clients' next batch. Cleared when that round has ended. A stop
     * that comes too late for its round, after the last client, is one for the next.
     */
    StopEvent stopEvent();

    /** Ends workers and frees what they used. Safe to call twice, from any thread, from a sink and during a round. */
    @Override
    void close();
}

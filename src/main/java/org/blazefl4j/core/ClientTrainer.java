package org.blazefl4j.core;

import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.PhaseTimes.Phase;

/**
 * The client side of a federation: trains the sampled clients, one after another or in parallel, with the same bits in
 * every execution mode.
 *
 * <pre>{@code
 * try (ClientTrainer<Down, Up> trainer = ExecutionMode.MULTI_PROCESS.trainer(algorithm, TrainerOptions.defaults())) {
 *     trainer.localProcess(payload, List.of(0, 1, 2), uplink -> sum.add(uplink));
 * }
 * }</pre>
 *
 * <p>Each call of {@code localProcess} is a round. Rounds are counted from 0 here, and the count is part of every
 * client's random streams. Messages and result files count from 1.
 *
 * @param <D> the downlink package, server to client
 * @param <U> the uplink package, client to server
 */
public interface ClientTrainer<D, U> extends AutoCloseable {

    /**
     * Trains clients and hands each result to a sink, in the order of the list, on the calling thread. Needs memory for
     * as many results as workers, not clients, if the sink closes packages after use.
     *
     * @param payload read-only for clients and valid until the call returns
     * @param cids client ids in the order of dealing and hand-over, none twice
     * @param sink takes ownership of each package
     * @throws ClientFailedException if a failed client was neither retried nor dropped, or all were dropped; results
     *     that were not handed over are then in {@link #uplinkPackage()}
     * @throws StoppedException if the stop event was set, the calling thread interrupted or the trainer closed
     */
    void localProcess(D payload, List<Integer> cids, Consumer<? super U> sink);

    /**
     * Trains clients, as {@link #localProcess(Object, List, Consumer)}, and collects their packages for
     * {@link #uplinkPackage()}.
     */
    void localProcess(D payload, List<Integer> cids);

    /**
     * Trains clients, as {@link #localProcess(Object, List, Consumer)}, and hands over packages that are ready at the
     * same time together, so that a sum can add several in one pass. No package waits for another, so the sizes of
     * batches vary; nothing may depend on them.
     *
     * @param sink takes ownership of the packages in a list: at least one, at most a few
     */
    default void localProcessInBatches(D payload, List<Integer> cids, Consumer<? super List<U>> sink) {
        Objects.requireNonNull(sink, "sink");
        localProcess(payload, cids, uplink -> sink.accept(List.of(uplink)));
    }

    /**
     * Trains clients, as {@link #localProcessInBatches}, and hands packages over as they arrive: none waits for that of
     * a client before it in the list, so one that takes long delays no other. For sinks whose result does not depend on
     * the order, as handlers say by {@link ServerHandler#acceptsAnyOrder}; all else is as in list order. By default, in
     * list order.
     *
     * @param sink takes ownership of the packages in a list: at least one, at most a few
     */
    default void localProcessInAnyOrder(D payload, List<Integer> cids, Consumer<? super List<U>> sink) {
        localProcessInBatches(payload, cids, sink);
    }

    /** Returns whether {@link #localProcessInSums} is to be used if the handler can load sums; false by default. */
    default boolean addsUp() {
        return false;
    }

    /**
     * Trains clients, as {@link #localProcessInAnyOrder}, but adds their packages up where they are trained, and hands
     * over sums: for workers on other machines, from which one sum comes faster than many packages. {@link Simulation}
     * calls it if {@link #addsUp}. Not supported by default.
     *
     * <pre>{@code
     * trainer.localProcessInSums(payload, cids, handler.packageSum().get(), handler::loadSum);
     * }</pre>
     *
     * @param sum what the handler adds up
     * @param sink receives packages whose tensors are empty, and their sum; it owns the packages only
     */
    default void localProcessInSums(
            D payload, List<Integer> cids, PackageSum<U> sum, BiConsumer<? super List<U>, Object> sink) {
        throw new UnsupportedOperationException(
                "packages cannot be added up: trainer=" + getClass().getName()
                        + ", expected=a trainer for which addsUp() is true; call localProcessInAnyOrder");
    }

    /**
     * Returns the failures of clients that the last round dropped, in list order: each client's last failure, with
     * earlier ones suppressed. Tell the handler by {@link ServerHandler#drop} after {@code localProcess}; the library's
     * handlers sample no clients for the next round before.
     */
    default List<ClientFailedException> dropped() {
        return List.of();
    }

    /** Returns the failures in the last round after which a retry succeeded, in list order. */
    default List<ClientFailedException> retried() {
        return List.of();
    }

    /** Returns the clients whose results in the last round held NaN or an infinity, under any policy, in list order. */
    default List<Integer> nonFinite() {
        return List.of();
    }

    /**
     * Returns how long the last round, successful or not, spent in {@link Phase#PUBLISH}, {@link Phase#DEAL},
     * {@link Phase#TRAIN} and {@link Phase#COLLECT} on the calling thread, without the sink. {@link PhaseTimes#NONE} if
     * there was no round yet or the trainer does not measure.
     */
    default PhaseTimes phases() {
        return PhaseTimes.NONE;
    }

    /**
     * Returns the peak memory of this process and the worker processes until now, or of workers until {@link #close()};
     * {@link PeakMemory#UNKNOWN} if the trainer does not measure.
     */
    default PeakMemory peakMemory() {
        return PeakMemory.UNKNOWN;
    }

    /** Returns the number of the current round or else of the next one, from 0. */
    int round();

    /**
     * Returns the collected packages in the order of the ids given to {@code localProcess}, and empties the cache. The
     * caller owns the packages and closes their tensors.
     */
    List<U> uplinkPackage();

    /**
     * Closes a package after use: by its own {@code close()}, if it has one, and then each tensor in it that is still
     * open. Tensors kept by {@code retainReference()} stay open.
     *
     * @throws IllegalStateException if the package does not close
     */
    default void discard(U uplink) {
        TensorWalk.discard(uplink);
    }

    /**
     * Returns clients in the order in which they are best trained: by declared data size descending, then by id. The
     * order is part of the experiment, because floating-point sums follow it in every mode, unless a handler accepts
     * any order.
     */
    List<Integer> order(List<Integer> cids);

    /**
     * Returns the workers for work between rounds: the same object at every call, valid until the trainer is closed. By
     * default {@link Workers#NONE}.
     */
    default Workers workers() {
        return Workers.NONE;
    }

    /**
     * Evaluates clients where they train: each with its configuration, a payload and the state that it kept last.
     *
     * <pre>{@code
     * record Score(long samples, long correct) {}
     *
     * List<Score> scores = trainer.evaluate(handler.evaluationPackage(), cids, MyClients::score);
     *
     * static Score score(Config config, Down payload, WorkerContext context) { ... }
     * }</pre>
     *
     * <p>Not counted as a round: it changes neither clients' random streams and states nor what this reports of the
     * last round. Clients that never train may be evaluated, too. The bits depend neither on the execution mode nor on
     * the number of workers, and failed clients are retried, as in {@link Workers#map}.
     *
     * @param <C> the configuration of the trainer's {@link ClientAlgorithm}; if it is of another type, clients fail
     *     with a {@link ClassCastException}
     * @param <R> the result of one client
     * @param payload read-only for clients and valid until the call returns
     * @param cids client ids, none twice
     * @return the results in the order of the ids
     * @throws IllegalArgumentException if an id is wrong, or payload or evaluator cannot cross to workers
     * @throws IllegalStateException if the trainer is closed or a round is running
     * @throws ClientFailedException if a client fails and is not retried
     * @throws StoppedException if the stop event was set, the calling thread interrupted or the trainer closed
     * @throws UnsupportedOperationException by default
     */
    default <C, R> List<R> evaluate(D payload, List<Integer> cids, ClientEvaluator<C, ? super D, R> evaluator) {
        throw new UnsupportedOperationException(
                "clients cannot be evaluated: trainer=" + getClass().getName()
                        + ", expected=a trainer that overrides evaluate; use one of ExecutionMode.trainer");
    }

    /**
     * Returns the event that stops the current round, or else the next one, at its clients' next batch. Cleared when
     * that round ends. Setting it after the last client of a round stops the next round.
     */
    StopEvent stopEvent();

    /** Ends workers and frees their resources. Callable repeatedly, by any thread, in a sink and during a round. */
    @Override
    void close();

    /**
     * The peak resident memory of processes in bytes, as the kernel counts it ({@code VmHWM} in
     * {@code /proc/<pid>/status}). Shared memory and pages of libraries count in each process that has touched them, so
     * the sum over processes is more than they use together.
     *
     * @param parent of this process; 0 if unknown
     * @param workers of each worker process by index, replaced processes included; 0 if unknown; empty if clients train
     *     in this process
     */
    record PeakMemory(long parent, List<Long> workers) {

        /** Unknown. */
        public static final PeakMemory UNKNOWN = new PeakMemory(0, List.of());

        /** Copies the list. */
        public PeakMemory {
            workers = List.copyOf(workers);
        }
    }
}

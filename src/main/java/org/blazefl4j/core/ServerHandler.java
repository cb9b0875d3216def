package org.blazefl4j.core;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The server side of a federated algorithm: owns the global model, samples clients and aggregates their results. Used
 * by one thread at a time.
 *
 * <p>{@link Simulation} runs the rounds. Your own loop needs ten lines:
 *
 * <pre>{@code
 * while (!handler.isStopped()) {
 *     List<Integer> cids = trainer.order(handler.sampleClients());
 *     trainer.localProcess(handler.downlinkPackage(), cids, uplink -> {
 *         try (uplink) {
 *             handler.load(uplink);
 *         }
 *     });
 *     trainer.dropped().forEach(failure -> handler.drop(failure.clientId())); // if the failure policy drops clients
 * }
 * }</pre>
 *
 * @param <D> the downlink package, server to client
 * @param <U> the uplink package, client to server
 */
public interface ServerHandler<D, U> {

    /**
     * Returns the package for every sampled client of the next round. Its tensors stay unchanged until the round is
     * complete. The handler owns them; those of the library's handlers are references that the caller may also close.
     */
    D downlinkPackage();

    /**
     * Returns the package for {@link ClientTrainer#evaluate}: the next clients' by default, or another one if the model
     * that they start from is not the one to use.
     */
    default D evaluationPackage() {
        return downlinkPackage();
    }

    /**
     * Returns the clients of the next round, ascending, none twice. If there are none, this call has completed the
     * round.
     */
    List<Integer> sampleClients();

    /**
     * Returns {@link #sampleClients()}, but lets workers share the work of handlers that ask clients first.
     * {@link Simulation} calls it.
     *
     * @param workers of a trainer between rounds, perhaps {@link Workers#NONE}
     */
    default List<Integer> sampleClients(Workers workers) {
        return sampleClients();
    }

    /**
     * Discards what was loaded in an incomplete round, so that the round can be repeated, for example after
     * {@code localProcess} threw. {@link Simulation} calls it when a run begins. By default does nothing.
     */
    default void restartRound() {}

    /** Returns whether training is over. */
    boolean isStopped();

    /**
     * Loads one client's result. The package stays the caller's: {@link Simulation} closes it with all its tensors
     * after this and the listeners have returned.
     *
     * <p>The tensors of clients on a CUDA device may lie there, if the algorithm's clients
     * {@linkplain ClientAlgorithm#acceptsDeviceTensors use such buffers}; they are on the CPU if the trainer's option
     * {@code deviceResultShare} is 0.
     *
     * <p>To keep a tensor, {@code clone()} it, or call {@code retainReference()} and close it later; otherwise it is
     * closed when it is used next. In process mode a tensor kept by reference holds one of the trainer's slots.
     *
     * @return whether this package completed the round, so that the global model was updated
     */
    boolean load(U uplink);

    /**
     * Loads several clients' results, with the same bits as {@link #load} for each in the given order. Override it to
     * add up several at once. The packages stay the caller's.
     *
     * @return whether one of these packages completed the round
     */
    default boolean loadAll(List<U> uplinks) {
        boolean complete = false;
        for (U uplink : uplinks) {
            complete |= load(uplink);
        }
        return complete;
    }

    /**
     * Returns whether the result of a round has the same bits in whatever order its packages are loaded. If so,
     * {@link Simulation} loads them as they arrive, so that no client waits for one before it. By default false; a sum
     * that rounds needs list order.
     */
    default boolean acceptsAnyOrder() {
        return false;
    }

    /**
     * Returns how packages are added up where clients are trained, for {@link #loadSum}. Empty, as by default, if the
     * handler needs each package, or if the order or grouping of packages would change bits.
     */
    default Optional<PackageSum<U>> packageSum() {
        return Optional.empty();
    }

    /**
     * Loads the sum of several clients' packages, with the same bits as {@link #load} for each. Not supported by
     * default.
     *
     * @param uplinks the packages that were added up, with empty tensors; stay the caller's
     * @param total the {@linkplain PackageSum.Part#total() sum}; stays the caller's
     * @return whether one of these packages completed the round
     */
    default boolean loadSum(List<U> uplinks, Object total) {
        throw new UnsupportedOperationException("handler cannot load sums: handler="
                + getClass().getName() + "; override loadSum(List, Object), or load each package");
    }

    /**
     * Completes the round without a client of it. Called between or after the loads of other clients' packages.
     *
     * @return whether this completed the round
     * @throws UnsupportedOperationException if the handler needs every client, as by default
     */
    default boolean drop(int cid) {
        throw new UnsupportedOperationException("handler cannot drop clients: client=" + cid + ", handler="
                + getClass().getName() + "; override drop(int), or choose a failure policy that drops none");
    }

    /**
     * Returns figures of the last completed round by name, for listeners and result files. By default there are none.
     */
    default Map<String, Object> getSummary() {
        return Map.of();
    }

    /**
     * Returns {@link #getSummary()}, with the same bits, but lets workers share expensive computations such as the
     * evaluation of a model. {@link Simulation} calls it after each round. In your own loop:
     *
     * <pre>{@code
     * System.out.println(handler.getSummary(trainer.workers()));
     * }</pre>
     *
     * @param workers of a trainer between rounds, perhaps {@link Workers#NONE}
     * @throws ShardFailedException if a worker's part of the computation failed
     * @throws StoppedException if the trainer was stopped meanwhile
     */
    default Map<String, Object> getSummary(Workers workers) {
        return getSummary();
    }

    /**
     * Returns those figures of {@link #getSummary()} that take no evaluation. {@link Simulation} calls it after rounds
     * that it does not evaluate ({@link Simulation#evaluateEvery}). By default there are none.
     */
    default Map<String, Object> briefSummary() {
        return Map.of();
    }
}

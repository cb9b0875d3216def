package org.blazefl4j.core;

import java.util.List;
import java.util.Map;

/**
 * The server side of a federated algorithm: it owns the global model, samples clients and aggregates what they send.
 *
 * <p>A handler is used by one thread at a time. The round loop is ten lines of the caller's own code:
 *
 * <pre>{@code
 * while (!handler.isStopped()) {
 *     List<Integer> cids = trainer.order(handler.sampleClients());
 *     trainer.localProcess(handler.downlinkPackage(), cids, uplink -> {
 *         try (uplink) {
 *             handler.load(uplink);
 *         }
 *     });
 *     trainer.dropped().forEach(failure -> handler.drop(failure.clientId())); // under a policy that drops clients
 * }
 * }</pre>
 *
 * <p>or {@code Simulation}, which is the same loop with listeners.
 *
 * @param <D> the downlink package, server to client
 * @param <U> the uplink package, client to server
 */
public interface ServerHandler<D, U> {

    /**
     * The package that every sampled client of the next round receives.
     *
     * <p>Its tensors stay unchanged until the round is complete. The handler owns them and frees them; those of the
     * library give out references of their own, which the caller may close as well.
     */
    D downlinkPackage();

    /** The ids of the clients that take part in the next round, ascending, none twice. */
    List<Integer> sampleClients();

    /**
     * Forgets what was loaded in a round that was not completed, so that the round can be repeated: after
     * {@code localProcess} threw, say. {@link Simulation} calls it when a run begins. Does nothing by default.
     */
    default void restartRound() {}

    /** Whether training is over. */
    boolean isStopped();

    /**
     * Takes one client's result. The package stays the caller's: {@link Simulation} closes it, with every tensor in it,
     * once this has returned and the listeners were told.
     *
     * <p>To keep a tensor, keep a {@code clone()}, or call its {@code retainReference()} before this returns and close
     * it later. Storing the tensor alone does not keep it: it is closed when it is next used. In process mode a tensor
     * kept by reference holds one of the trainer's slots until it is closed.
     *
     * @return true when this package completed the round and the global model was updated
     */
    boolean load(U uplink);

    /**
     * Takes several clients' results, as {@link #load} does for each in the order given, with the same bits; a handler
     * that adds up several at once overrides it. The packages stay the caller's, as for {@link #load}.
     *
     * @return true when one of these packages completed the round and the global model was updated
     */
    default boolean loadAll(List<U> uplinks) {
        boolean complete = false;
        for (U uplink : uplinks) {
            complete |= load(uplink);
        }
        return complete;
    }

    /**
     * Learns that a client of this round will send nothing, so that the round completes without it. Called after the
     * packages of the round's other clients were loaded, or in between.
     *
     * @return true when this completed the round and the global model was updated
     * @throws UnsupportedOperationException unless the handler can do without a client
     */
    default boolean drop(int cid) {
        throw new UnsupportedOperationException("handler cannot drop clients: client=" + cid + ", handler="
                + getClass().getName() + "; override drop(int), or choose a failure policy that drops none");
    }

    /** What the server knows of the last completed round, by name, for listeners and result files; may be empty. */
    default Map<String, Object> getSummary() {
        return Map.of();
    }

    /**
     * The same as {@link #getSummary()}, with the same bits, by the workers' help: what costs much, such as the
     * evaluation of a model, is shared among them. {@link Simulation} calls it after each round; in a loop of your own:
     *
     * <pre>{@code
     * System.out.println(handler.getSummary(trainer.workers()));
     * }</pre>
     *
     * @param workers of the trainer, which is in no round; there may be none
     * @throws ShardFailedException if what was given to a worker failed
     * @throws StoppedException if the trainer was stopped meanwhile
     */
    default Map<String, Object> getSummary(Workers workers) {
        return getSummary();
    }
}

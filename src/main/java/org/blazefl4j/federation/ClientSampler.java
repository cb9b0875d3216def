package org.blazefl4j.federation;

import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Chooses the clients of each round. A sampler that learns from rounds keeps what it knows in fields, changes them in
 * {@link #completed} only, implements {@link org.blazefl4j.core.Checkpointable}, and serves one server.
 */
@FunctionalInterface
public interface ClientSampler extends FederationPart {

    /**
     * Returns the clients of a round.
     *
     * @return ids in ascending order, none twice; the same for the same draw, because a round can be repeated. None is
     *     a round without clients
     */
    List<Integer> sample(Draw draw);

    /** Learns from a complete round; does nothing by default. Not called for a round that is repeated. */
    default void completed(Outcome outcome) {}

    /**
     * Returns whether it needs the number {@code loss} of each client: of the model that the client received, over its
     * training samples. {@link Federation#clients} then has clients evaluate that model before they train. False by
     * default.
     */
    default boolean needsLosses() {
        return false;
    }

    /** What a sampler may look at. */
    interface Draw {

        /** Returns the round, from 0. */
        int round();

        /** Returns the number of clients in the federation. */
        int numClients();

        /** Returns the number of clients in a round that the server's options ask for. */
        int clientsPerRound();

        /** Returns a client's number of samples. */
        long dataSize(int cid);

        /** Returns a new stream of random numbers for this round: the same for each call with one purpose. */
        RandomGenerator random(String purpose);

        /**
         * Returns the mean losses of the server's model on clients' training samples, in the order of the list: of the
         * one that fits a client best if there are several. The workers compute them.
         *
         * @throws IllegalStateException if there are no workers, because a loop of your own has drawn by
         *     {@code sampleClients()} instead of {@code sampleClients(trainer.workers())}
         */
        List<Double> losses(List<Integer> cids);

        /** Returns the clients that may be chosen, ascending: all of the federation by default. */
        default List<Integer> candidates() {
            return IntStream.range(0, numClients()).boxed().toList();
        }
    }

    /**
     * What became of a round's clients.
     *
     * @param round the round, from 0
     * @param numbers the {@linkplain ModelUplink#numbers numbers} of each client whose package was loaded, by ascending
     *     id
     * @param dropped the clients that sent nothing
     */
    record Outcome(int round, Map<Integer, Map<String, Double>> numbers, List<Integer> dropped) {}
}

package org.blazefl4j.federation;

import java.util.List;
import java.util.random.RandomGenerator;
import org.blazefl4j.core.Workers;

/**
 * Chooses the clients of each round. A sampler that learns from rounds keeps what it knows in fields, implements
 * {@link org.blazefl4j.core.Checkpointable}, and serves one server.
 */
@FunctionalInterface
public interface ClientSampler {

    /**
     * Returns the clients of a round.
     *
     * @return ids in ascending order, none twice; the same for the same draw, because a round can be repeated. None is
     *     a round without clients
     */
    List<Integer> sample(Draw draw);

    /** Learns from a client's package when it is loaded; does nothing by default. */
    default void loaded(ModelUplink uplink) {}

    /** Learns that a client of the round sends nothing; does nothing by default. */
    default void dropped(int cid) {}

    /** Learns that the round is complete; does nothing by default. */
    default void completed() {}

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

        /** Returns the workers, for samplers that ask clients; may be none. */
        Workers workers();
    }
}

package org.blazefl4j.cli.run;

import java.util.Map;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.util.ResourceStack;

/** A federated algorithm with its own options. */
interface Algorithm {

    /**
     * The server and the clients of a federation.
     *
     * @param derivedSettings settings that the algorithm chose itself, by option name, for result files
     */
    record Sides<C, D, U>(
            ServerHandler<D, U> handler, ClientAlgorithm<C, D, U> clients, Map<String, Object> derivedSettings) {}

    /** Describes the algorithm's options; empty if it has none. */
    default String describe() {
        return "";
    }

    /** Returns the algorithm's options by name, for result files. */
    default Map<String, Object> toMap() {
        return Map.of();
    }

    /**
     * Makes the server and the clients.
     *
     * @param resources closed with the federation, or if this method throws
     * @throws IllegalArgumentException if the options do not fit the data
     */
    Sides<?, ?, ?> sides(RunOptions options, RunData data, ResourceStack resources);
}

package org.blazefl4j.cli.run;

import java.util.Map;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.model.ModelName;
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

    /** Federated averaging, which has no options of its own. */
    Algorithm FEDAVG = (options, data, resources) -> {
        ModelName model = options.training.modelName;
        PartitionedDataset<PartitionType> partitions = resources.add(data.partitions());
        return new Sides<>(
                resources.add(new FedAvgServerHandler(data.models(), model, partitions, options.server())),
                new FedAvgClients(data.models(), model, partitions, options.numClients(), options.client()),
                Map.of());
    };

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

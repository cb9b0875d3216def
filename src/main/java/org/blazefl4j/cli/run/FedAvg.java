package org.blazefl4j.cli.run;

import java.util.Map;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.util.ResourceStack;

/** Federated averaging, which has no options of its own. */
final class FedAvg implements Algorithm {

    @Override
    public Sides<?, ?, ?> sides(RunOptions options, RunData data, ResourceStack resources) {
        ModelName model = options.training.modelName;
        PartitionedDataset<PartitionType> partitions = resources.add(data.partitions());
        return new Sides<>(
                resources.add(new FedAvgServerHandler(data.models(), model, partitions, options.server())),
                new FedAvgClients(data.models(), model, partitions, options.numClients(), options.client()),
                Map.of());
    }
}

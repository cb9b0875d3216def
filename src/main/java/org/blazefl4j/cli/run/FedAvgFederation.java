package org.blazefl4j.cli.run;

import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.ServerHandler;

/** Federated averaging. */
final class FedAvgFederation extends Federation<FedAvgDownlinkPackage, FedAvgUplinkPackage> {

    private final RunOptions options;
    private PartitionedDataset<PartitionType> partitions;

    FedAvgFederation(RunOptions options, RunData data) {
        super(data);
        this.options = options;
    }

    @Override
    ServerHandler<FedAvgDownlinkPackage, FedAvgUplinkPackage> makeHandler() {
        partitions = owned(data().partitions());
        return owned(new FedAvgServerHandler(data().models(), options.training.modelName, partitions, options.server()));
    }

    @Override
    ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> makeTrainer() {
        FedAvgClients clients = new FedAvgClients(
                data().models(), options.training.modelName, partitions, options.numClients(), options.client());
        return options.execution.executionMode.trainer(clients, options.trainer(), process());
    }
}

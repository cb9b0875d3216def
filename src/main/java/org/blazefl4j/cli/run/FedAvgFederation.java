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

    private final RunSettings settings;
    private PartitionedDataset<PartitionType> partitions;

    FedAvgFederation(RunSettings settings, RunData data) {
        super(data);
        this.settings = settings;
    }

    @Override
    ServerHandler<FedAvgDownlinkPackage, FedAvgUplinkPackage> makeHandler() {
        partitions = owned(data().partitions());
        return owned(new FedAvgServerHandler(data().models(), settings.modelName(), partitions, settings.server()));
    }

    @Override
    ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> makeTrainer() {
        FedAvgClients clients = new FedAvgClients(
                data().models(), settings.modelName(), partitions, settings.numClients(), settings.client());
        return settings.executionMode().trainer(clients, settings.trainer(), process());
    }
}

package org.blazefl4j.cli.run;

import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.scaffold.ScaffoldClients;
import org.blazefl4j.contrib.scaffold.ScaffoldDownlinkPackage;
import org.blazefl4j.contrib.scaffold.ScaffoldServerHandler;
import org.blazefl4j.contrib.scaffold.ScaffoldServerOptions;
import org.blazefl4j.contrib.scaffold.ScaffoldUplinkPackage;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.ServerHandler;

/** SCAFFOLD. */
final class ScaffoldFederation extends Federation<ScaffoldDownlinkPackage, ScaffoldUplinkPackage> {

    private final Scaffold scaffold;
    private final RunSettings settings;
    private PartitionedDataset<PartitionType> partitions;

    ScaffoldFederation(Scaffold scaffold, RunSettings settings, RunData data) {
        super(data);
        this.scaffold = scaffold;
        this.settings = settings;
    }

    @Override
    ServerHandler<ScaffoldDownlinkPackage, ScaffoldUplinkPackage> makeHandler() {
        partitions = owned(data().partitions());
        ScaffoldServerOptions options =
                new ScaffoldServerOptions(settings.server(), scaffold.serverLr(), scaffold.weighting());
        return owned(new ScaffoldServerHandler(data().models(), settings.modelName(), partitions, options));
    }

    @Override
    ClientTrainer<ScaffoldDownlinkPackage, ScaffoldUplinkPackage> makeTrainer() {
        ScaffoldClients clients = new ScaffoldClients(
                data().models(), settings.modelName(), partitions, settings.numClients(), settings.client());
        return settings.executionMode().trainer(clients, settings.trainer(), process());
    }
}

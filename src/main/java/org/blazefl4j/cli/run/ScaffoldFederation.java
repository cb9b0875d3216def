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
    private final RunOptions options;
    private PartitionedDataset<PartitionType> partitions;

    ScaffoldFederation(Scaffold scaffold, RunOptions options, RunData data) {
        super(data);
        this.scaffold = scaffold;
        this.options = options;
    }

    @Override
    ServerHandler<ScaffoldDownlinkPackage, ScaffoldUplinkPackage> makeHandler() {
        partitions = owned(data().partitions());
        ScaffoldServerOptions server =
                new ScaffoldServerOptions(options.server(), scaffold.serverLr, scaffold.weighting);
        return owned(new ScaffoldServerHandler(data().models(), options.training.modelName, partitions, server));
    }

    @Override
    ClientTrainer<ScaffoldDownlinkPackage, ScaffoldUplinkPackage> makeTrainer() {
        ScaffoldClients clients = new ScaffoldClients(
                data().models(), options.training.modelName, partitions, options.numClients(), options.client());
        return options.execution.executionMode.trainer(clients, options.trainer(), process());
    }
}

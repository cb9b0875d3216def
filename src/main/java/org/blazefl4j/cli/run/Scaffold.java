package org.blazefl4j.cli.run;

import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.Weighting;
import org.blazefl4j.contrib.scaffold.ScaffoldClients;
import org.blazefl4j.contrib.scaffold.ScaffoldServerHandler;
import org.blazefl4j.contrib.scaffold.ScaffoldServerOptions;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.federation.FederationClients;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.util.ResourceStack;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** SCAFFOLD and its options. */
@Command(optionListHeading = "%nWith --algorithm scaffold%n")
final class Scaffold implements Algorithm {

    @Option(names = "--server-lr", paramLabel = "X")
    double serverLr = 1.0;

    @Option(names = "--weighting", paramLabel = "HOW")
    Weighting weighting = Weighting.BY_SAMPLES;

    @Override
    public String describe() {
        return ", server lr " + serverLr + ", weighting " + weighting;
    }

    @Override
    public Sides<?, ?, ?> sides(RunOptions options, ImageData images, ResourceStack resources) {
        ModelName model = options.training.modelName;
        PartitionedDataset<PartitionType> partitions = resources.add(options.partitions(images));
        ScaffoldServerOptions server = new ScaffoldServerOptions(options.server(), serverLr, weighting);
        ScaffoldClients clients =
                new ScaffoldClients(options.models(images), model, partitions, options.numClients(), options.client());
        return new Sides<>(
                resources.add(new ScaffoldServerHandler(options.models(images), model, partitions, server)),
                clients,
                FederationClients.evaluator(PartitionType.TEST),
                clients.clientsWith(PartitionType.TEST));
    }
}

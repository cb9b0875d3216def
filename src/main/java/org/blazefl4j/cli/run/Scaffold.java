package org.blazefl4j.cli.run;

import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.Weighting;
import org.blazefl4j.contrib.scaffold.ScaffoldClients;
import org.blazefl4j.contrib.scaffold.ScaffoldServerHandler;
import org.blazefl4j.contrib.scaffold.ScaffoldServerOptions;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.util.ResourceStack;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** SCAFFOLD and its options. */
@Command(optionListHeading = "%nWith --algorithm scaffold%n")
final class Scaffold implements Algorithm {

    @Option(
            names = "--server-lr",
            paramLabel = "X",
            defaultValue = "1.0",
            description = "Step of the global model towards the mean of the clients' models, above 0; at 1 it becomes"
                    + " the mean. Default: ${DEFAULT-VALUE}.")
    double serverLr;

    @Option(
            names = "--weighting",
            paramLabel = "HOW",
            defaultValue = "by-samples",
            description = {
                "Weights of the clients in the means of models and control variates. Default: ${DEFAULT-VALUE}.",
                "- by-samples: the number of a client's images, as with fedavg",
                "- uniform: the same for all clients, as in the paper"
            })
    Weighting weighting;

    @Override
    public String describe() {
        return "server lr " + serverLr + ", weighting " + weighting;
    }

    @Override
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("server_lr", serverLr);
        map.put("weighting", weighting.toString());
        return map;
    }

    @Override
    public Sides<?, ?, ?> sides(RunOptions options, RunData data, ResourceStack resources) {
        ModelName model = options.training.modelName;
        PartitionedDataset<PartitionType> partitions = resources.add(data.partitions());
        ScaffoldServerOptions server = new ScaffoldServerOptions(options.server(), serverLr, weighting);
        return new Sides<>(
                resources.add(new ScaffoldServerHandler(data.models(), model, partitions, server)),
                new ScaffoldClients(data.models(), model, partitions, options.numClients(), options.client()),
                Map.of());
    }
}

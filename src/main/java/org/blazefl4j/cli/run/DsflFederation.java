package org.blazefl4j.cli.run;

import java.util.List;
import java.util.Map;
import org.blazefl4j.contrib.dsfl.DsflClientOptions;
import org.blazefl4j.contrib.dsfl.DsflClients;
import org.blazefl4j.contrib.dsfl.DsflDownlinkPackage;
import org.blazefl4j.contrib.dsfl.DsflOpenSplit;
import org.blazefl4j.contrib.dsfl.DsflPartitionType;
import org.blazefl4j.contrib.dsfl.DsflServerHandler;
import org.blazefl4j.contrib.dsfl.DsflServerOptions;
import org.blazefl4j.contrib.dsfl.DsflUplinkPackage;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.data.TensorDataset;
import org.bytedeco.pytorch.Tensor;

/** DS-FL. */
final class DsflFederation extends Federation<DsflDownlinkPackage, DsflUplinkPackage> {

    private final Dsfl dsfl;
    private final RunOptions options;
    private final InMemoryPartitionedDataset<DsflPartitionType> partitions;

    DsflFederation(Dsfl dsfl, RunOptions options, RunData data) {
        super(data);
        this.dsfl = dsfl;
        this.options = options;
        this.partitions = owned(new InMemoryPartitionedDataset<>());
    }

    @Override
    ServerHandler<DsflDownlinkPackage, DsflUplinkPackage> makeHandler() {
        spreadImages();
        DsflServerOptions server = DsflServerOptions.of(options.server())
                .withOpenSizePerRound(dsfl.openSizePerRound)
                .withEraTemperature(dsfl.eraTemperature)
                .withDistillation(dsfl.distillation(options.training.lastBatch));
        return owned(new DsflServerHandler(data().models(), options.training.modelName, partitions, server));
    }

    private void spreadImages() {
        TensorDataset train = data().images().train();
        DsflOpenSplit split = DsflOpenSplit.of(train.size(), openSize(), options.federation.seed);
        partitions.setCommon(DsflPartitionType.OPEN, train, split.open());
        Tensor labels = data().images().trainLabels();
        List<long[]> parts = split.divide(labels, options.partitioner(), options.numClients(), options.federation.seed);
        partitions.setClients(DsflPartitionType.TRAIN, train, parts);
        partitions.setDataset(DsflPartitionType.TEST, data().images().test());
        if (dsfl.evaluateClients) {
            partitions.setClients(
                    DsflPartitionType.TEST,
                    data().images().test(),
                    ClientTestImages.like(labels, parts, data().images().testLabels()));
        }
    }

    private long openSize() {
        return dsfl.openSize == null
                ? DsflOpenSplit.defaultSize(data().images().train().size())
                : dsfl.openSize;
    }

    @Override
    Map<String, Object> derivedSettings() {
        return Map.of("open_size", openSize());
    }

    @Override
    ClientTrainer<DsflDownlinkPackage, DsflUplinkPackage> makeTrainer() {
        DsflClientOptions client = DsflClientOptions.defaults()
                .withTraining(options.client())
                .withDistillation(dsfl.distillation(options.training.lastBatch))
                .withEvaluate(dsfl.evaluateClients);
        DsflClients clients = new DsflClients(
                data().models(), dsfl.modelsOf(options.numClients(), options.training.modelName), partitions, client);
        clients.requireDistillable(dsfl.openSizePerRound);
        return options.execution.executionMode.trainer(clients, options.trainer(), process());
    }
}

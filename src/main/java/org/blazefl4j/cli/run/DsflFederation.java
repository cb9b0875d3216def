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
    private final RunSettings settings;
    private final InMemoryPartitionedDataset<DsflPartitionType> partitions;

    DsflFederation(Dsfl dsfl, RunSettings settings, RunData data) {
        super(data);
        this.dsfl = dsfl;
        this.settings = settings;
        this.partitions = owned(new InMemoryPartitionedDataset<>());
    }

    @Override
    ServerHandler<DsflDownlinkPackage, DsflUplinkPackage> makeHandler() {
        spreadImages();
        DsflServerOptions options = DsflServerOptions.of(settings.server())
                .withOpenSizePerRound(dsfl.openSizePerRound())
                .withEraTemperature(dsfl.eraTemperature())
                .withDistillation(dsfl.distillation());
        return owned(new DsflServerHandler(data().models(), settings.modelName(), partitions, options));
    }

    private void spreadImages() {
        TensorDataset train = data().images().train();
        DsflOpenSplit split = DsflOpenSplit.of(train.size(), openSize(), settings.seed());
        partitions.setCommon(DsflPartitionType.OPEN, train, split.open());
        Tensor labels = data().images().trainLabels();
        List<long[]> parts = split.divide(labels, settings.partitioner(), settings.numClients(), settings.seed());
        partitions.setClients(DsflPartitionType.TRAIN, train, parts);
        partitions.setDataset(DsflPartitionType.TEST, data().images().test());
        if (dsfl.evaluateClients()) {
            partitions.setClients(
                    DsflPartitionType.TEST,
                    data().images().test(),
                    ClientTestImages.like(labels, parts, data().images().testLabels()));
        }
    }

    private long openSize() {
        return dsfl.openSize() == null
                ? DsflOpenSplit.defaultSize(data().images().train().size())
                : dsfl.openSize();
    }

    @Override
    Map<String, Object> derivedSettings() {
        return Map.of("open_size", openSize());
    }

    @Override
    ClientTrainer<DsflDownlinkPackage, DsflUplinkPackage> makeTrainer() {
        DsflClientOptions options = DsflClientOptions.defaults()
                .withTraining(settings.client())
                .withDistillation(dsfl.distillation())
                .withEvaluate(dsfl.evaluateClients());
        DsflClients clients = new DsflClients(
                data().models(), dsfl.modelsOf(settings.numClients(), settings.modelName()), partitions, options);
        clients.requireDistillable(dsfl.openSizePerRound());
        return settings.executionMode().trainer(clients, settings.trainer(), process());
    }
}

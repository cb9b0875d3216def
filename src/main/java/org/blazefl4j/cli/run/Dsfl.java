package org.blazefl4j.cli.run;

import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.dsfl.DsflClients;
import org.blazefl4j.contrib.dsfl.DsflOpenSplit;
import org.blazefl4j.contrib.dsfl.DsflServerHandler;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.data.DataLoader.LastBatch;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.util.ResourceStack;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** DS-FL, federated distillation, and its options. */
@Command(optionListHeading = "%nWith --algorithm dsfl%n")
final class Dsfl implements Algorithm {

    @Option(names = "--open-size", paramLabel = "N")
    @Nullable
    Integer openSize;

    @Option(names = "--open-size-per-round", paramLabel = "N")
    int openSizePerRound = 1000;

    @Option(names = "--era-temperature", paramLabel = "T")
    double eraTemperature = 0.1;

    @Option(names = "--kd-epochs", paramLabel = "N")
    int kdEpochs = 5;

    @Option(names = "--kd-batch-size", paramLabel = "N")
    int kdBatchSize = 50;

    @Option(names = "--kd-lr", paramLabel = "X")
    double kdLr = 0.1;

    @Option(names = "--client-models", paramLabel = "NAME", split = ",")
    @Nullable
    List<ModelName> clientModels;

    @Option(names = "--evaluate-clients")
    boolean evaluateClients;

    /** Returns the figures of clients that results have. */
    Set<String> figures() {
        return evaluateClients ? Set.of("client_accuracy", "client_loss") : Set.of();
    }

    @Override
    public String describe() {
        String models = clientModels == null ? "" : ", clients' models " + clientModels;
        return ", " + openSizePerRound + " open images a round, temperature " + eraTemperature + ", distillation "
                + RunOptions.describe(distillation(LastBatch.KEEP)) + models;
    }

    private SgdOptions distillation(LastBatch lastBatch) {
        return new SgdOptions(kdEpochs, kdBatchSize, kdLr, lastBatch);
    }

    @Override
    public Sides<?, ?, ?> sides(RunOptions options, ImageData images, ResourceStack resources) {
        InMemoryPartitionedDataset<PartitionType> partitions = resources.add(new InMemoryPartitionedDataset<>());
        distribute(options, images, partitions, resources);
        SgdOptions distillation = distillation(options.training.lastBatch);
        DsflServerHandler.Options server = DsflServerHandler.Options.of(options.server())
                .withOpenSizePerRound(openSizePerRound)
                .withEraTemperature(eraTemperature)
                .withDistillation(distillation);
        DsflServerHandler handler = resources.add(handler(options.model(images), partitions, server));
        DsflClients.Options client = DsflClients.Options.defaults()
                .withTraining(options.sgd())
                .withDistillation(distillation)
                .withEvaluate(evaluateClients);
        DsflClients clients = clients(options, images, partitions, client);
        clients.requireDistillable(openSizePerRound);
        return new Sides<>(handler, clients);
    }

    private DsflOpenSplit split(RunOptions options, ImageData images) {
        if (openSize == null) {
            openSize = Math.toIntExact(DsflOpenSplit.defaultSize(images.train().size()));
        }
        return DsflOpenSplit.of(images.train().size(), openSize, options.federation.seed);
    }

    @Override
    public List<long[]> parts(RunOptions options, ImageData images) {
        return split(options, images)
                .divide(images.trainLabels(), options.partitioner(), options.numClients(), options.federation.seed);
    }

    private void distribute(
            RunOptions options,
            ImageData images,
            InMemoryPartitionedDataset<PartitionType> partitions,
            ResourceStack resources) {
        List<long[]> parts = parts(options, images);
        partitions.setCommon(
                PartitionType.OPEN, images.train(), split(options, images).open());
        options.distribute(PartitionType.TRAIN, images.train(), parts, partitions, resources);
        partitions.setDataset(PartitionType.TEST, images.test());
        if (evaluateClients) {
            List<long[]> own = ClientTestImages.like(images.trainLabels(), parts, images.testLabels());
            options.distribute(PartitionType.TEST, images.test(), own, partitions, resources);
        }
    }

    private static <N extends Enum<N>> DsflServerHandler handler(
            SelectedModel<N> model,
            InMemoryPartitionedDataset<PartitionType> partitions,
            DsflServerHandler.Options options) {
        return new DsflServerHandler(model.selector(), model.name(), partitions, options);
    }

    private DsflClients clients(
            RunOptions options,
            ImageData images,
            InMemoryPartitionedDataset<PartitionType> partitions,
            DsflClients.Options client) {
        List<ModelName> models = clientModels;
        if (models == null) {
            return clients(options.model(images), partitions, options.numClients(), client);
        }
        List<ModelName> dealt = IntStream.range(0, options.numClients())
                .mapToObj(cid -> models.get(cid % models.size()))
                .toList();
        return new DsflClients(options.library(images), dealt, partitions, client);
    }

    private static <N extends Enum<N>> DsflClients clients(
            SelectedModel<N> model,
            InMemoryPartitionedDataset<PartitionType> partitions,
            int numClients,
            DsflClients.Options options) {
        return new DsflClients(model.selector(), model.name(), partitions, numClients, options);
    }
}

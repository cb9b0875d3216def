package org.blazefl4j.cli.run;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.dsfl.DsflClientOptions;
import org.blazefl4j.contrib.dsfl.DsflClients;
import org.blazefl4j.contrib.dsfl.DsflOpenSplit;
import org.blazefl4j.contrib.dsfl.DsflPartitionType;
import org.blazefl4j.contrib.dsfl.DsflServerHandler;
import org.blazefl4j.contrib.dsfl.DsflServerOptions;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.LastBatch;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.util.ResourceStack;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** DS-FL, federated distillation, and its options. */
@Command(optionListHeading = "%nWith --algorithm dsfl%n")
final class Dsfl implements Algorithm {

    @Option(
            names = "--open-size",
            paramLabel = "N",
            description = "Number of training images in the open set, which all clients see without classes; the others"
                    + " are distributed over the clients. Default: 10 000, or a fifth of all images if that is less.")
    @Nullable
    Integer openSize;

    @Option(
            names = "--open-size-per-round",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Number of open images that clients label in a round. Default: ${DEFAULT-VALUE}.")
    int openSizePerRound;

    @Option(
            names = "--era-temperature",
            paramLabel = "T",
            defaultValue = "0.1",
            description = "Temperature of the entropy reduction, above 0. It sharpens a mean p of one class"
                    + " and q of each other below (p - q) / ln(p / q), which is 0.1 to 0.2 with 10 classes and 0.01 to"
                    + " 0.13 with 100, and flattens it above. Default: ${DEFAULT-VALUE}.")
    double eraTemperature;

    @Option(
            names = "--kd-epochs",
            paramLabel = "N",
            defaultValue = "5",
            description = "Passes over a round's open images when clients and server learn the global labels"
                    + " (distillation). Default: ${DEFAULT-VALUE}.")
    int kdEpochs;

    @Option(
            names = "--kd-batch-size",
            paramLabel = "N",
            defaultValue = "50",
            description = "Images per step of distillation. Default: ${DEFAULT-VALUE}.")
    int kdBatchSize;

    @Option(
            names = "--kd-lr",
            paramLabel = "X",
            defaultValue = "0.1",
            description = "Learning rate of distillation, above 0. Default: ${DEFAULT-VALUE}.")
    double kdLr;

    @Option(
            names = "--client-models",
            paramLabel = "NAME",
            split = ",",
            description = "Models of the clients, named as for --model-name, such as cnn,mlp: dealt in turn to the"
                    + " clients 0, 1, 2, ... Default: --model-name, which is also the server's model, for all.")
    @Nullable
    List<ModelName> clientModels;

    @Option(
            names = "--evaluate-clients",
            description = "Let clients evaluate their own models in each round, on test images of the classes that they"
                    + " train on, each image by one client. client_accuracy and client_loss are the means over the"
                    + " round's clients.")
    boolean evaluateClients;

    @Override
    public String describe() {
        String models = clientModels == null ? "" : ", clients' models " + clientModels;
        return openSizePerRound + " open images a round, temperature " + eraTemperature + ", distillation "
                + RunOptions.describe(distillation(LastBatch.KEEP)) + models;
    }

    @Override
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("open_size", openSize);
        map.put("open_size_per_round", openSizePerRound);
        map.put("era_temperature", eraTemperature);
        map.put("kd_epochs", kdEpochs);
        map.put("kd_batch_size", kdBatchSize);
        map.put("kd_lr", kdLr);
        map.put(
                "client_models",
                clientModels == null
                        ? null
                        : clientModels.stream().map(ModelName::toString).toList());
        map.put("evaluate_clients", evaluateClients);
        return map;
    }

    private SgdOptions distillation(LastBatch lastBatch) {
        return new SgdOptions(kdEpochs, kdBatchSize, kdLr, lastBatch);
    }

    @Override
    public Sides<?, ?, ?> sides(RunOptions options, RunData data, ResourceStack resources) {
        long open = openSize == null
                ? DsflOpenSplit.defaultSize(data.images().train().size())
                : openSize;
        InMemoryPartitionedDataset<DsflPartitionType> partitions = resources.add(new InMemoryPartitionedDataset<>());
        distribute(open, options, data.images(), partitions);
        SgdOptions distillation = distillation(options.training.lastBatch);
        DsflServerOptions server = DsflServerOptions.of(options.server())
                .withOpenSizePerRound(openSizePerRound)
                .withEraTemperature(eraTemperature)
                .withDistillation(distillation);
        DsflServerHandler handler =
                resources.add(new DsflServerHandler(data.models(), options.training.modelName, partitions, server));
        DsflClientOptions client = DsflClientOptions.defaults()
                .withTraining(options.client())
                .withDistillation(distillation)
                .withEvaluate(evaluateClients);
        DsflClients clients = new DsflClients(data.models(), models(options), partitions, client);
        clients.requireDistillable(openSizePerRound);
        return new Sides<>(handler, clients, Map.of("open_size", open));
    }

    private void distribute(
            long open, RunOptions options, ImageData images, InMemoryPartitionedDataset<DsflPartitionType> partitions) {
        long seed = options.federation.seed;
        DsflOpenSplit split = DsflOpenSplit.of(images.train().size(), open, seed);
        partitions.setCommon(DsflPartitionType.OPEN, images.train(), split.open());
        List<long[]> parts = split.divide(images.trainLabels(), options.partitioner(), options.numClients(), seed);
        partitions.setClients(DsflPartitionType.TRAIN, images.train(), parts);
        partitions.setDataset(DsflPartitionType.TEST, images.test());
        if (evaluateClients) {
            partitions.setClients(
                    DsflPartitionType.TEST,
                    images.test(),
                    ClientTestImages.like(images.trainLabels(), parts, images.testLabels()));
        }
    }

    /** Returns the models of the clients 0, 1, ... */
    private List<ModelName> models(RunOptions options) {
        List<ModelName> dealt = clientModels == null ? List.of(options.training.modelName) : clientModels;
        return IntStream.range(0, options.numClients())
                .mapToObj(cid -> dealt.get(cid % dealt.size()))
                .toList();
    }
}

package org.blazefl4j.cli.run;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.blazefl4j.cli.options.Converters;
import org.blazefl4j.cli.options.MlflowOptions;
import org.blazefl4j.cli.options.PartCatalogue.Part;
import org.blazefl4j.cli.options.Trainers;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.data.DataLoader.LastBatch;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.blazefl4j.process.launch.CacheFolder;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.trainer.TrainerOptions.StepGraphs;
import org.blazefl4j.util.ResourceStack;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options of {@code run}, in the groups of its help, and the settings that follow from them. */
final class RunOptions {

    @Spec
    CommandSpec spec;

    /** Where clients train. */
    Trainers trainers = Trainers.HERE;

    @Mixin
    FederationOptions federation;

    @Mixin
    DataOptions data;

    @Mixin
    TrainingOptions training;

    @Mixin
    ModelOptions models;

    @Mixin
    OptimizerOptions optimizer;

    @Mixin
    Composition composition;

    @Mixin
    Dsfl dsfl;

    @Mixin
    ExecutionOptions execution;

    @Mixin
    FailureOptions failures;

    @Mixin
    EvaluationOptions evaluation;

    @Mixin
    StopOptions stopping;

    @Mixin
    CheckpointOptions checkpoints;

    @Mixin
    ResultOptions results;

    @Mixin
    MlflowOptions tracker;

    @Command(optionListHeading = "%nFederation%n")
    static final class FederationOptions {
        @Option(names = "--algorithm", paramLabel = "NAME", converter = AlgorithmName.Converter.class)
        Part<AlgorithmName> algorithm = AlgorithmName.FEDAVG;

        @Option(names = "--num-clients", paramLabel = "N")
        @Nullable
        Integer numClients;

        @Option(
                names = {"--global-round", "--rounds"},
                paramLabel = "N")
        int globalRound = 15;

        @Option(names = "--sample-ratio", paramLabel = "R", converter = Converters.Ratio.class)
        double sampleRatio = 1.0;

        @Option(names = "--seed", paramLabel = "N")
        long seed = 42;
    }

    @Command(optionListHeading = "%nLocal training%n")
    static final class TrainingOptions {
        @Option(names = "--model-name", paramLabel = "NAME")
        ModelName modelName = ModelName.CNN;

        @Option(names = "--epochs", paramLabel = "N")
        int epochs = 5;

        @Option(names = "--batch-size", paramLabel = "N")
        int batchSize = 50;

        @Option(names = "--last-batch", paramLabel = "WHAT")
        LastBatch lastBatch = LastBatch.KEEP;

        @Option(names = "--lr", paramLabel = "X")
        double lr = 0.1;

        @Option(names = "--memory-format", paramLabel = "FORMAT")
        MemoryLayout memoryFormat = MemoryLayout.AUTO;

        @Option(names = "--autocast", paramLabel = "TYPE")
        Autocast autocast = Autocast.OFF;

        @Option(names = "--engine", paramLabel = "NAME")
        Engine engine = Engine.AUTO;
    }

    @Command(optionListHeading = "%nExecution%n")
    static final class ExecutionOptions {
        @Option(names = "--execution-mode", paramLabel = "MODE")
        ExecutionMode executionMode = ExecutionMode.MULTI_PROCESS;

        @Option(names = "--num-parallels", paramLabel = "N", converter = Converters.Workers.class)
        @Nullable
        Integer numParallels;

        @Option(names = "--device", paramLabel = "DEVICE")
        Device device = Device.CPU;

        @Option(names = "--device-data-share", paramLabel = "X", converter = Converters.Share.class)
        double deviceDataShare = 0.3;

        @Option(names = "--device-result-share", paramLabel = "X", converter = Converters.Share.class)
        double deviceResultShare = 0.2;

        @Option(names = "--step-graphs", paramLabel = "WHEN")
        StepGraphs stepGraphs = StepGraphs.AUTO;

        @Option(names = "--cache-dir", paramLabel = "DIR")
        @Nullable
        Path cacheDir;
    }

    @Command(optionListHeading = "%nResults%n")
    static final class ResultOptions {
        @Option(names = "--output", paramLabel = "DIR")
        @Nullable
        Path output;

        @Option(names = "--tensorboard")
        boolean tensorboard;

        @Option(names = "--no-report")
        boolean noReport;

        @Option(names = "--live")
        boolean live;

        @Option(names = "--verbose")
        boolean verbose;
    }

    Algorithm algorithm() {
        AlgorithmName name = federation.algorithm.value();
        return name.isDsfl() ? dsfl : composition.of(name);
    }

    int numClients() {
        return federation.numClients == null ? federation.algorithm.value().defaultClients() : federation.numClients;
    }

    /** Returns the number of clients that train in each round. */
    int clientsPerRound() {
        return server().clientsPerRound();
    }

    /** Returns the number of workers, at most one per client in a round. */
    int workers() {
        return Math.min(requestedWorkers(), clientsPerRound());
    }

    private int requestedWorkers() {
        if (execution.executionMode == ExecutionMode.SINGLE_THREADED) {
            return 1;
        }
        return execution.numParallels == null ? Runtime.getRuntime().availableProcessors() : execution.numParallels;
    }

    Partitioner partitioner() {
        return data.partitioner();
    }

    /** Returns the positions of the training images of all clients, those that never train last. */
    List<long[]> parts(ImageData images) {
        int unseen = evaluation.unseen();
        if (unseen == 0) {
            return partitioner().partition(images.trainLabels(), numClients(), federation.seed);
        }
        int all = numClients() + unseen;
        try {
            List<long[]> parts = partitioner().partition(images.trainLabels(), all, federation.seed);
            return data.partition == Partitioning.NATURAL ? withUnseenDrawn(parts) : parts;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    String.valueOf(e.getMessage()).replace("numClients=" + all, "numClients=" + numClients())
                            + "; unseenClients=" + unseen + " count too, so there are " + all + " clients",
                    e);
        }
    }

    /** Returns the positions of the training images of the clients that train. */
    List<long[]> trainedParts(ImageData images) {
        return algorithm().parts(this, images).subList(0, numClients());
    }

    /** Draws which owners never train, because owners are in the order of their names. */
    private List<long[]> withUnseenDrawn(List<long[]> parts) {
        long seed = RandomStreams.seed(federation.seed, RandomStreams.SERVER, 0, "unseen-clients");
        return Partitioner.sizes(numClients(), evaluation.unseen()).partition(new long[parts.size()], 2, seed).stream()
                .flatMapToLong(Arrays::stream)
                .mapToObj(owner -> parts.get((int) owner))
                .toList();
    }

    ServerOptions server() {
        return ServerOptions.of(federation.globalRound, numClients())
                .withSampleRatio(federation.sampleRatio)
                .withSeed(federation.seed)
                .withDevice(execution.device.forClient(0, 1))
                .withOnNonFinite(failures.onNonFinite);
    }

    SgdOptions sgd() {
        return new SgdOptions(training.epochs, training.batchSize, training.lr, training.lastBatch);
    }

    LocalOptions client() {
        return optimizer.applyTo(sgd());
    }

    /** DS-FL's losses are LibTorch's. */
    private Numerics numerics() {
        boolean free = training.engine == Engine.AUTO && algorithm() == dsfl;
        return new Numerics(training.memoryFormat, training.autocast, free ? Engine.LIBTORCH : training.engine);
    }

    /** Returns the run's models by what they are called, the server's first. */
    Map<String, SelectedModel<?>> models(ImageData images) {
        Map<String, SelectedModel<?>> all = new LinkedHashMap<>();
        all.put(models.title(training.modelName), model(images));
        if (algorithm() == dsfl && dsfl.clientModels != null) {
            ModelSelector<ModelName> library = library(images);
            dsfl.clientModels.forEach(name -> all.put(name.toString(), new SelectedModel<>(library, name)));
        }
        return all;
    }

    /** Returns the server's model for these images, with initial parameters drawn from the run's seed. */
    SelectedModel<?> model(ImageData images) {
        return models.select(training.modelName, federation.seed, images, numerics());
    }

    /** Refuses the library's models of images for text, and those of text for samples that are no tokens. */
    void requireFit(ImageData samples) {
        Set<ModelName> names = new LinkedHashSet<>(models.isOfLibrary() ? List.of(training.modelName) : List.of());
        names.addAll(algorithm() == dsfl && dsfl.clientModels != null ? dsfl.clientModels : List.of());
        boolean text = !data.source.vocabulary().isEmpty();
        for (ModelName name : names) {
            if (text && !name.takesTokens()) {
                throw new UsageException("model of images: --model-name=" + name + ", --data-file="
                        + data.source.file.dataFile
                        + ", expected=lstm, gpt or gpt_lora for text; choose one, or a model of your own");
            }
            if (name.takesTokens() && !data.source.areTokens(samples)) {
                throw new UsageException("model of text: --model-name=" + name + ", data=" + samples.name()
                        + ", expected=text, or whole numbers from 0 to " + (samples.classes() - 1)
                        + ", below the number of classes; choose another model, or text");
            }
        }
        if (text && data.featureSkew != null) {
            throw new UsageException("feature skew of text: --feature-skew=" + data.featureSkew + ", --data-file="
                    + data.source.file.dataFile + ", expected=images or other numbers; omit the skew");
        }
    }

    /**
     * Returns a selector of the library's models for these images, with initial parameters drawn from the run's seed.
     */
    ModelSelector<ModelName> library(ImageData images) {
        return models.library(training.modelName, federation.seed, images, numerics());
    }

    /**
     * Distributes the training images over the clients, which share the test images, and each have some of them if
     * clients are evaluated: those of their owners if the data names them, or else like their training images.
     *
     * @param resources closes the result, which has views of the images
     * @throws IllegalArgumentException if there are too few images for the clients, or they cannot be skewed as asked
     */
    InMemoryPartitionedDataset<PartitionType> partitions(ImageData images, ResourceStack resources) {
        List<long[]> parts = algorithm().parts(this, images);
        InMemoryPartitionedDataset<PartitionType> partitions = resources.add(new InMemoryPartitionedDataset<>());
        distribute(PartitionType.TRAIN, images.train(), parts, partitions, resources);
        partitions.setDataset(PartitionType.TEST, images.test());
        if (evaluation.clientEvaluation != null) {
            distribute(PartitionType.TEST, images.test(), testParts(images, parts), partitions, resources);
        }
        return partitions;
    }

    /** Returns the positions of each client's own test images, which may be none. */
    private List<long[]> testParts(ImageData images, List<long[]> parts) {
        long[] owners = data.source.testOwners();
        return data.partition == Partitioning.NATURAL && owners.length > 0
                ? ClientTestImages.ofOwners(data.source.owners(), parts, owners)
                : ClientTestImages.shares(images.trainLabels(), parts, images.testLabels());
    }

    /** Gives clients their samples of a type, with the skew of each if there is one. */
    void distribute(
            PartitionType type,
            TensorDataset samples,
            List<long[]> parts,
            InMemoryPartitionedDataset<PartitionType> partitions,
            ResourceStack resources) {
        TensorDataset given = samples;
        if (data.featureSkew != null) {
            long seed = RandomStreams.seed(federation.seed, RandomStreams.SERVER, 0, "feature-skew " + type);
            given = data.featureSkew.value().apply(samples, parts, seed);
            resources.add(given.data()::close);
        }
        partitions.setClients(type, given, parts);
    }

    TrainerOptions trainer() {
        return failures.applyTo(TrainerOptions.builder()
                        .numParallels(workers())
                        .device(execution.device)
                        .deviceDataShare(execution.deviceDataShare)
                        .deviceResultShare(execution.deviceResultShare)
                        .stepGraphs(execution.stepGraphs)
                        .seed(federation.seed))
                .build();
    }

    ProcessOptions process(Path crashFolder) {
        ProcessOptions.Builder options = ProcessOptions.builder().crashFolder(crashFolder);
        return (execution.cacheDir == null ? options : options.cacheFolder(execution.cacheDir)).build();
    }

    /**
     * Checks the folder for the archive of classes.
     *
     * @throws UsageException if it cannot be used
     */
    void requireCacheDir() {
        String problem = execution.cacheDir == null ? null : CacheFolder.problem(execution.cacheDir);
        if (problem != null) {
            throw new UsageException("cache folder cannot be used: --cache-dir=" + execution.cacheDir + ", found="
                    + problem + "; choose another folder, or omit the option");
        }
    }

    /** Describes what a client does in a round, and what the algorithm adds to it. */
    String describeTraining() {
        String text = describe(sgd()) + ", seed " + federation.seed;
        if (optimizer.localSteps != null) {
            text = text.replaceFirst("[^,]*", optimizer.localSteps + (optimizer.localSteps == 1 ? " step" : " steps"));
        }
        text += optimizer.describe();
        if (training.lastBatch != LastBatch.KEEP) {
            text += ", last batch " + training.lastBatch;
        }
        if (!numerics().withEngine(Engine.AUTO).equals(Numerics.DEFAULT)) {
            text += ", memory format " + training.memoryFormat + ", autocast " + training.autocast;
        }
        return text + algorithm().describe();
    }

    static String describe(SgdOptions sgd) {
        return sgd.epochs() + (sgd.epochs() == 1 ? " epoch" : " epochs") + ", batch " + sgd.batchSize() + ", lr "
                + sgd.lr();
    }

    String describeExecution() {
        return switch (execution.executionMode) {
            case SINGLE_THREADED -> execution.executionMode + " on " + execution.device;
            case MULTI_THREADED -> describeExecution("threads");
            case MULTI_PROCESS -> describeExecution("worker processes");
        };
    }

    private String describeExecution(String workers) {
        String reduced = workers() == requestedWorkers()
                ? ""
                : " instead of " + requestedWorkers() + ", one per client in a round";
        return execution.executionMode + ", " + workers() + " " + workers + reduced + ", on " + execution.device;
    }

    /** Returns the settings of the run by option name, for result files and checkpoints. */
    Map<String, Object> toMap() {
        return new RecordedOptions(this).toMap();
    }

    /** Returns these settings, and what follows from them, for result files. */
    Map<String, Object> resultMap() {
        Map<String, Object> map = toMap();
        if (composition.hasFixedRounds()) {
            map.put("clients_per_round", clientsPerRound());
        }
        return map;
    }

    /** Returns the options of a group; none of an algorithm that has none of its own. */
    List<OptionSpec> group(String name) {
        CommandSpec group = spec.mixins().get(name);
        return group == null ? List.of() : group.options();
    }
}

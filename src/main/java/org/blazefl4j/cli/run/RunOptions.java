package org.blazefl4j.cli.run;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.cli.options.Converters;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.Device;
import org.blazefl4j.data.LastBatch;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.model.Autocast;
import org.blazefl4j.model.MemoryLayout;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.process.launch.CacheFolder;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.TrainerOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of {@code run}, in the groups of its help, and the settings that follow from them. */
final class RunOptions {

    @Mixin
    FederationOptions federation;

    @Mixin
    DataOptions data;

    @Mixin
    TrainingOptions training;

    @Mixin
    Scaffold scaffold;

    @Mixin
    Dsfl dsfl;

    @Mixin
    ExecutionOptions execution;

    @Mixin
    FailureOptions failures;

    @Mixin
    CheckpointOptions checkpoints;

    @Mixin
    ResultOptions results;

    @Command(optionListHeading = "%nFederation%n")
    static final class FederationOptions {
        @Option(
                names = "--algorithm",
                paramLabel = "NAME",
                defaultValue = "fedavg",
                description = {
                    "How clients train and how the server combines their results. Default: ${DEFAULT-VALUE}.",
                    "- fedavg: each client trains the global model; the next global model is the mean of the clients'"
                            + " models, weighted by their number of images (federated averaging)",
                    "- scaffold: like fedavg, but each client also keeps a control variate that corrects its steps for"
                            + " the drift towards its own images; where clients hold few classes each it needs a smaller"
                            + " --lr than fedavg, such as 0.02",
                    "- dsfl: clients keep their own models and send their predictions for open images; clients and"
                            + " server learn from the mean prediction (DS-FL, federated distillation)"
                })
        AlgorithmName algorithm;

        @Option(
                names = "--num-clients",
                paramLabel = "N",
                description = "Number of clients. Default: 100; 20 with dsfl.")
        @Nullable
        Integer numClients;

        @Option(
                names = {"--global-round", "--rounds"},
                paramLabel = "N",
                defaultValue = "15",
                description = "Number of rounds. Default: ${DEFAULT-VALUE}.")
        int globalRound;

        @Option(
                names = "--sample-ratio",
                paramLabel = "R",
                defaultValue = "1.0",
                converter = Converters.Ratio.class,
                description = "Fraction of the clients that train in each round, above 0 and at most 1."
                        + " Default: ${DEFAULT-VALUE}.")
        double sampleRatio;

        @Option(
                names = "--seed",
                paramLabel = "N",
                defaultValue = "42",
                description = "Seed of all random numbers. The same seed gives the same bits."
                        + " Default: ${DEFAULT-VALUE}.")
        long seed;
    }

    @Command(optionListHeading = "%nData%n")
    static final class DataOptions {
        @Option(
                names = "--dataset",
                paramLabel = "NAME",
                defaultValue = "fashion-mnist",
                description =
                        "One of ${COMPLETION-CANDIDATES}. Without --data-dir, fashion-mnist is the included subset"
                                + " of 10 000 training and 2 000 test images. Default: ${DEFAULT-VALUE}.")
        DatasetName dataset;

        @Option(
                names = "--data-dir",
                paramLabel = "DIR",
                description = "Folder with the data set's files: the four IDX files of mnist or fashion-mnist (plain or"
                        + " .gz, also as torchvision stores them), or the binary batches of cifar10 or cifar100."
                        + " Required for all data sets but fashion-mnist.")
        @Nullable
        Path dataDir;

        @Option(
                names = "--partition",
                paramLabel = "KIND",
                defaultValue = "iid",
                description = {
                    "How training images are distributed over the clients. Default: ${DEFAULT-VALUE}.",
                    "- iid: evenly at random",
                    "- shards: sorted by class, cut into --num-shards pieces and dealt evenly: few classes per client",
                    "- dirichlet: each class divided by Dirichlet(--dir-alpha): uneven sizes and classes",
                    "- balanced-dirichlet: even sizes; each client's classes by Dirichlet(--dir-alpha), continuing with"
                            + " its other classes when one is used up (as in Acar et al.; BlazeFL then draws uniformly)"
                })
        Partitioning partition;

        @Option(
                names = "--num-shards",
                paramLabel = "N",
                defaultValue = "200",
                description = "Number of pieces for --partition shards, a multiple of the number of clients."
                        + " Default: ${DEFAULT-VALUE}.")
        int numShards;

        @Option(
                names = "--dir-alpha",
                paramLabel = "A",
                defaultValue = "1.0",
                converter = Converters.Concentration.class,
                description = "Concentration of the Dirichlet partitions, 0.000001 to 1000000; smaller is more uneven."
                        + " Default: ${DEFAULT-VALUE}.")
        double dirAlpha;
    }

    @Command(optionListHeading = "%nLocal training%n")
    static final class TrainingOptions {
        @Option(
                names = "--model-name",
                paramLabel = "NAME",
                defaultValue = "cnn",
                description = "One of ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
        ModelName modelName;

        @Option(
                names = "--epochs",
                paramLabel = "N",
                defaultValue = "5",
                description = "Passes of a client over its images in a round. Default: ${DEFAULT-VALUE}.")
        int epochs;

        @Option(
                names = "--batch-size",
                paramLabel = "N",
                defaultValue = "50",
                description = "Images per step. Default: ${DEFAULT-VALUE}.")
        int batchSize;

        @Option(
                names = "--last-batch",
                paramLabel = "WHAT",
                defaultValue = "keep",
                description = {
                    "What to do with images that do not fill a batch, also in distillation. Models with batch"
                            + " normalisation cannot train on a single image. Changes the result."
                            + " Default: ${DEFAULT-VALUE}.",
                    "- keep: train on them as a smaller batch",
                    "- drop: skip them in this epoch, unless there are no others",
                    "- merge: add them to the batch before"
                })
        LastBatch lastBatch;

        @Option(
                names = "--lr",
                paramLabel = "X",
                defaultValue = "0.1",
                description = "Learning rate of the clients' SGD, above 0. Default: ${DEFAULT-VALUE}.")
        double lr;

        @Option(
                names = "--memory-format",
                paramLabel = "FORMAT",
                defaultValue = "auto",
                description = "Memory layout of images, one of ${COMPLETION-CANDIDATES}; auto is the fastest for the"
                        + " model: channels_last with --autocast bfloat16, otherwise contiguous. Changes the rounding."
                        + " Default: ${DEFAULT-VALUE}.")
        MemoryLayout memoryFormat;

        @Option(
                names = "--autocast",
                paramLabel = "TYPE",
                defaultValue = "off",
                description =
                        "Type in which models compute products, one of ${COMPLETION-CANDIDATES}. A shorter type is"
                                + " faster on processors that support it, and less precise. Changes the result."
                                + " Default: ${DEFAULT-VALUE}.")
        Autocast autocast;
    }

    @Command(optionListHeading = "%nExecution%n")
    static final class ExecutionOptions {
        @Option(
                names = "--execution-mode",
                paramLabel = "MODE",
                defaultValue = "multi-process",
                description = "One of ${COMPLETION-CANDIDATES}. Changes the speed, never the result."
                        + " Default: ${DEFAULT-VALUE}.")
        ExecutionMode executionMode;

        @Option(
                names = "--num-parallels",
                paramLabel = "N",
                converter = Converters.Workers.class,
                description = "Number of worker processes or threads, at most one per client in a round. Changes the"
                        + " speed, never the result. Default: the number of cores.")
        @Nullable
        Integer numParallels;

        @Option(
                names = "--device",
                paramLabel = "DEVICE",
                defaultValue = "cpu",
                description = "cpu, cuda (clients distributed over all CUDA devices) or cuda:<index>."
                        + " Default: ${DEFAULT-VALUE}.")
        Device device;

        @Option(
                names = "--cache-dir",
                paramLabel = "DIR",
                description = "Folder for an archive of classes that makes worker processes start faster. The first run"
                        + " creates the archive; it may be deleted at any time. Default: the folder in the environment"
                        + " variable BLAZEFL4J_CACHE, or blazefl4j in the user's cache folder.")
        @Nullable
        Path cacheDir;
    }

    @Command(optionListHeading = "%nCheckpoints%n")
    static final class CheckpointOptions {

        @Option(
                names = "--checkpoint-dir",
                paramLabel = "DIR",
                description = "Folder to save this run to, so that it can continue after any interruption with the same"
                        + " result. One folder per run. Default: the run is not saved.")
        @Nullable
        Path dir;

        @Option(
                names = "--checkpoint-every",
                paramLabel = "N",
                defaultValue = "1",
                description = "Rounds between two checkpoints. Default: ${DEFAULT-VALUE}.")
        int every;

        @Option(
                names = "--checkpoint-keep",
                paramLabel = "N",
                defaultValue = "3",
                description = "Number of checkpoints to keep, the latest ones. Default: ${DEFAULT-VALUE}.")
        int keep;

        @Option(
                names = "--resume",
                description =
                        "Continue from the latest checkpoint in --checkpoint-dir, in the result folder that it names."
                                + " With --output: in that folder, if the results were moved there, or in a new folder, with files"
                                + " that begin with the next round. Without a checkpoint, start from the beginning. Options that"
                                + " change results must be as before; --global-round may be larger.")
        boolean resume;
    }

    @Command(optionListHeading = "%nResults%n")
    static final class ResultOptions {
        @Option(
                names = "--output",
                paramLabel = "DIR",
                description = "New or empty folder for metrics.csv and metrics.jsonl. Default: runs/<date>-<time>.")
        @Nullable
        Path output;

        @Option(names = "--verbose", description = "Show the stack trace if something fails.")
        boolean verbose;
    }

    Algorithm algorithm() {
        return switch (federation.algorithm) {
            case FEDAVG -> Algorithm.FEDAVG;
            case SCAFFOLD -> scaffold;
            case DSFL -> dsfl;
        };
    }

    int numClients() {
        return federation.numClients == null ? federation.algorithm.defaultClients() : federation.numClients;
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
        return data.partition.partitioner(data.numShards, data.dirAlpha);
    }

    ServerOptions server() {
        return ServerOptions.of(federation.globalRound, numClients())
                .withSampleRatio(federation.sampleRatio)
                .withSeed(federation.seed)
                .withDevice(execution.device.forClient(0, 1))
                .withOnNonFinite(failures.onNonFinite);
    }

    SgdOptions client() {
        return new SgdOptions(training.epochs, training.batchSize, training.lr, training.lastBatch);
    }

    Numerics numerics() {
        return new Numerics(training.memoryFormat, training.autocast);
    }

    TrainerOptions trainer() {
        return failures.applyTo(TrainerOptions.builder()
                        .numParallels(workers())
                        .device(execution.device)
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
        String text = describe(client()) + ", seed " + federation.seed;
        if (training.lastBatch != LastBatch.KEEP) {
            text += ", last batch " + training.lastBatch;
        }
        if (!numerics().equals(Numerics.DEFAULT)) {
            text += ", memory format " + training.memoryFormat + ", autocast " + training.autocast;
        }
        return algorithm().describe().isEmpty()
                ? text
                : text + ", " + algorithm().describe();
    }

    static String describe(SgdOptions sgd) {
        return sgd.epochs() + (sgd.epochs() == 1 ? " epoch" : " epochs") + ", batch " + sgd.batchSize() + ", lr "
                + sgd.lr();
    }

    String describePartition() {
        if (data.partition.hasShards()) {
            return data.partition + ", " + data.numShards + " in total";
        }
        return data.partition.hasAlpha() ? data.partition + ", alpha " + data.dirAlpha : data.partition.toString();
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

    /** Returns the settings by option name, for result files and checkpoints. */
    Map<String, Object> toMap() {
        Partitioning partition = data.partition;
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("algorithm", federation.algorithm.toString());
        map.put("model_name", training.modelName.toString());
        map.put("num_clients", numClients());
        map.put("global_round", federation.globalRound);
        map.put("sample_ratio", federation.sampleRatio);
        map.put("partition", partition.toString());
        map.put("num_shards", partition.hasShards() ? data.numShards : null);
        map.put("dir_alpha", partition.hasAlpha() ? data.dirAlpha : null);
        map.put("seed", federation.seed);
        map.put("epochs", training.epochs);
        map.put("lr", training.lr);
        map.put("batch_size", training.batchSize);
        map.put("last_batch", training.lastBatch.toString());
        map.put("memory_format", training.memoryFormat.toString());
        map.put("autocast", training.autocast.toString());
        map.put("num_parallels", workers());
        map.put("execution_mode", execution.executionMode.toString());
        map.put("dataset", data.dataset.toString());
        map.put(
                "data_dir",
                data.dataDir == null ? null : data.dataDir.toAbsolutePath().toString());
        map.put("device", execution.device.toString());
        map.putAll(failures.toMap());
        map.putAll(algorithm().toMap());
        return map;
    }
}

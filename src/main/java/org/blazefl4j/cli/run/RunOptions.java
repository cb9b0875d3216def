package org.blazefl4j.cli.run;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.blazefl4j.cli.options.Devices;
import org.blazefl4j.cli.options.Numbers;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Weighting;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.data.LastBatch;
import org.blazefl4j.model.Autocast;
import org.blazefl4j.model.MemoryLayout;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.trainer.ExecutionMode;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The options of {@code run}, in the groups in which the help shows them. */
final class RunOptions {

    @ArgGroup(validate = false, heading = "%nThe federation%n")
    final Federation federation = new Federation();

    @ArgGroup(validate = false, heading = "%nThe data%n")
    final Data data = new Data();

    @ArgGroup(validate = false, heading = "%nLocal training%n")
    final Training training = new Training();

    @ArgGroup(validate = false, heading = "%nWith --algorithm scaffold%n")
    final OfScaffold scaffold = new OfScaffold();

    @ArgGroup(validate = false, heading = "%nWith --algorithm dsfl%n")
    final OfDsfl dsfl = new OfDsfl();

    @ArgGroup(validate = false, heading = "%nExecution%n")
    final Execution execution = new Execution();

    @ArgGroup(validate = false, heading = "%nClients that fail%n")
    final ClientFailures failures = new ClientFailures();

    @ArgGroup(validate = false, heading = "%nCheckpoints%n")
    final Saving saving = new Saving();

    @ArgGroup(validate = false, heading = "%nResults%n")
    final Results results = new Results();

    /**
     * Fills in the defaults that depend on the machine and checks what options say together.
     *
     * @param given whether an option was on the command line
     * @param refusal makes the exception for a refused combination
     * @param note takes a line on an option that has no effect and never changes results
     */
    RunSettings settings(Predicate<String> given, Function<String, RuntimeException> refusal, Consumer<String> note) {
        new RunOptionValidator(this, given, refusal, note).check();
        return new RunSettings(
                algorithm(),
                training.modelName,
                federation.numClients(),
                federation.globalRound,
                federation.sampleRatio,
                data.partition,
                data.numShards,
                data.dirAlpha,
                federation.seed,
                training.epochs,
                training.lr,
                training.batchSize,
                training.lastBatch,
                new Numerics(training.memoryFormat, training.autocast),
                numParallels(),
                execution.executionMode,
                data.dataset,
                data.dataDir,
                execution.device,
                new FailureSettings(
                        failures.retries, failures.onClientFailure, failures.onNonFinite, failures.clientTimeLimit),
                execution.cacheDir);
    }

    private Algorithm algorithm() {
        return switch (federation.algorithm) {
            case FEDAVG -> new FedAvg();
            case SCAFFOLD -> new Scaffold(scaffold.serverLr, scaffold.weighting);
            case DSFL -> dsfl.algorithm(training.lastBatch);
        };
    }

    private int numParallels() {
        if (execution.executionMode == ExecutionMode.SINGLE_THREADED) {
            return 1;
        }
        return execution.numParallels == null ? Runtime.getRuntime().availableProcessors() : execution.numParallels;
    }

    /** Where results go; null for a folder of the program's choice. */
    Path output() {
        return results.output;
    }

    /** How the run is saved. */
    CheckpointSettings checkpoints() {
        return new CheckpointSettings(
                saving.checkpointDir, saving.checkpointEvery, saving.checkpointKeep, saving.resume);
    }

    static final class Federation {
        @Option(
                names = "--algorithm",
                paramLabel = "NAME",
                defaultValue = "fedavg",
                description = {
                    "How clients train and what the server makes of it. Default: ${DEFAULT-VALUE}.",
                    "- fedavg: each client trains the global model; the mean of their models, weighted by their images,"
                            + " is the next (federated averaging)",
                    "- scaffold: as fedavg, but each client also keeps a control variate, which takes the drift towards"
                            + " its own images out of its steps; where clients hold few classes each it needs a smaller"
                            + " --lr than fedavg, such as 0.02",
                    "- dsfl: clients keep models of their own and send what they take some open images for; all, server"
                            + " included, learn from the mean (DS-FL, federated distillation)"
                })
        AlgorithmName algorithm;

        @Option(
                names = "--num-clients",
                paramLabel = "N",
                converter = Numbers.Count.class,
                description = "Clients in the federation. Default: 100, with dsfl 20.")
        Integer numClients;

        @Option(
                names = {"--global-round", "--rounds"},
                paramLabel = "N",
                defaultValue = "15",
                converter = Numbers.Count.class,
                description = "Rounds to run. Default: ${DEFAULT-VALUE}.")
        int globalRound;

        @Option(
                names = "--sample-ratio",
                paramLabel = "R",
                defaultValue = "1.0",
                converter = Numbers.Ratio.class,
                description = "Share of the clients that trains in each round, above 0 and at most 1."
                        + " Default: ${DEFAULT-VALUE}.")
        double sampleRatio;

        @Option(
                names = "--seed",
                paramLabel = "N",
                defaultValue = "42",
                converter = Numbers.Seed.class,
                description = "Seed of all random numbers: same seed, same bits. Default: ${DEFAULT-VALUE}.")
        long seed;

        int numClients() {
            return numClients == null ? algorithm.defaultClients() : numClients;
        }
    }

    static final class Data {
        @Option(
                names = "--dataset",
                paramLabel = "NAME",
                defaultValue = "fashion-mnist",
                description = "One of ${COMPLETION-CANDIDATES}. Without --data-dir, fashion-mnist is a subset that"
                        + " comes with the program: 10 000 training and 2 000 test images."
                        + " Default: ${DEFAULT-VALUE}.")
        DatasetName dataset;

        @Option(
                names = "--data-dir",
                paramLabel = "DIR",
                description =
                        "Folder of the data set's files: the four IDX files of mnist or fashion-mnist (plain or"
                                + " .gz, as torchvision leaves them too), or the binary batches of cifar10 or cifar100. Needed for all but fashion-mnist.")
        Path dataDir;

        @Option(
                names = "--partition",
                paramLabel = "KIND",
                defaultValue = "iid",
                description = {
                    "How training images are spread over the clients. Default: ${DEFAULT-VALUE}.",
                    "- iid: evenly at random",
                    "- shards: sorted by class and cut into --num-shards pieces, dealt evenly: few classes per client",
                    "- dirichlet: each class split over the clients by Dirichlet(--dir-alpha): uneven sizes and classes",
                    "- balanced-dirichlet: even sizes, each client's classes by Dirichlet(--dir-alpha), going on with"
                            + " its other classes where one is used up (as Acar et al.; BlazeFL then draws uniformly)"
                })
        Partitioning partition;

        @Option(
                names = "--num-shards",
                paramLabel = "N",
                defaultValue = "200",
                converter = Numbers.Count.class,
                description = "Pieces for --partition shards, a multiple of the clients. Default: ${DEFAULT-VALUE}.")
        int numShards;

        @Option(
                names = "--dir-alpha",
                paramLabel = "A",
                defaultValue = "1.0",
                converter = Numbers.Concentration.class,
                description = "Concentration for the Dirichlet partitions, 0.000001 to 1000000; smaller is more uneven."
                        + " Default: ${DEFAULT-VALUE}.")
        double dirAlpha;
    }

    static final class Training {
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
                converter = Numbers.Count.class,
                description = "Passes of a client over its images in a round. Default: ${DEFAULT-VALUE}.")
        int epochs;

        @Option(
                names = "--batch-size",
                paramLabel = "N",
                defaultValue = "50",
                converter = Numbers.Count.class,
                description = "Images per step. Default: ${DEFAULT-VALUE}.")
        int batchSize;

        @Option(
                names = "--last-batch",
                paramLabel = "WHAT",
                defaultValue = "keep",
                description = {
                    "What becomes of a client's images that fill no whole batch, also in distillation. Models with batch"
                            + " normalisation cannot be trained on one image alone. Changes the result."
                            + " Default: ${DEFAULT-VALUE}.",
                    "- keep: they are a smaller batch",
                    "- drop: they are left out of the epoch, unless they are all that there is",
                    "- merge: they join the batch before"
                })
        LastBatch lastBatch;

        @Option(
                names = "--lr",
                paramLabel = "X",
                defaultValue = "0.1",
                converter = Numbers.Positive.class,
                description = "Learning rate of the clients' SGD, above 0. Default: ${DEFAULT-VALUE}.")
        double lr;

        @Option(
                names = "--memory-format",
                paramLabel = "FORMAT",
                defaultValue = "auto",
                description =
                        "How images lie in memory, one of ${COMPLETION-CANDIDATES}; auto is what the model is"
                                + " quickest with: channels_last with --autocast bfloat16, else contiguous. Changes the rounding. Default: ${DEFAULT-VALUE}.")
        MemoryLayout memoryFormat;

        @Option(
                names = "--autocast",
                paramLabel = "TYPE",
                defaultValue = "off",
                description = "Whether models compute products in a shorter type, one of ${COMPLETION-CANDIDATES}:"
                        + " quicker where the processor can, less precise. Changes the result."
                        + " Default: ${DEFAULT-VALUE}.")
        Autocast autocast;
    }

    static final class OfScaffold {
        @Option(
                names = "--server-lr",
                paramLabel = "X",
                defaultValue = "1.0",
                converter = Numbers.Positive.class,
                description = "How far the global model goes towards the mean of the clients' models, above 0; at 1 all"
                        + " the way. Default: ${DEFAULT-VALUE}.")
        double serverLr;

        @Option(
                names = "--weighting",
                paramLabel = "HOW",
                defaultValue = "by-samples",
                description = {
                    "How much each client counts in the means of models and of control variates. Default:"
                            + " ${DEFAULT-VALUE}.",
                    "- by-samples: as much as it has images, as with fedavg",
                    "- uniform: as much as any other, as in the paper"
                })
        Weighting weighting;
    }

    static final class OfDsfl {
        @Option(
                names = "--open-size",
                paramLabel = "N",
                converter = Numbers.Count.class,
                description = "Training images that become the open set, which all see without classes; the others are"
                        + " spread over the clients. Default: 10 000, or a fifth of all where that is less.")
        Integer openSize;

        @Option(
                names = "--open-size-per-round",
                paramLabel = "N",
                defaultValue = "1000",
                converter = Numbers.Count.class,
                description = "Open images that clients label in a round. Default: ${DEFAULT-VALUE}.")
        int openSizePerRound;

        @Option(
                names = "--era-temperature",
                paramLabel = "T",
                defaultValue = "0.1",
                converter = Numbers.Positive.class,
                description = "Temperature of the entropy reduction, above 0. It sharpens a mean p of one class"
                        + " and q of each other below (p - q) / ln(p / q), which is 0.1 to 0.2 with 10 classes and 0.01 to"
                        + " 0.13 with 100, and flattens it above. Default: ${DEFAULT-VALUE}.")
        double eraTemperature;

        @Option(
                names = "--kd-epochs",
                paramLabel = "N",
                defaultValue = "5",
                converter = Numbers.Count.class,
                description = "Passes over a round's open images when clients and server learn the global labels"
                        + " (distillation). Default: ${DEFAULT-VALUE}.")
        int kdEpochs;

        @Option(
                names = "--kd-batch-size",
                paramLabel = "N",
                defaultValue = "50",
                converter = Numbers.Count.class,
                description = "Images per step of distillation. Default: ${DEFAULT-VALUE}.")
        int kdBatchSize;

        @Option(
                names = "--kd-lr",
                paramLabel = "X",
                defaultValue = "0.1",
                converter = Numbers.Positive.class,
                description = "Learning rate of distillation, above 0. Default: ${DEFAULT-VALUE}.")
        double kdLr;

        @Option(
                names = "--client-models",
                paramLabel = "NAME",
                split = ",",
                description =
                        "The clients' models, named as for --model-name, such as cnn,mlp: dealt in turn to the clients 0, 1, 2, ..."
                                + " Default: for all that of --model-name, which is the server's.")
        List<ModelName> clientModels;

        @Option(
                names = "--evaluate-clients",
                description = "Have clients evaluate their own models in each round, on test images of the classes that"
                        + " they train on, each image by one client: client_accuracy and client_loss are the means over"
                        + " the round's clients.")
        boolean evaluateClients;

        Algorithm algorithm(LastBatch lastBatch) {
            SgdOptions distillation = new SgdOptions(kdEpochs, kdBatchSize, kdLr, lastBatch);
            return new Dsfl(openSize, openSizePerRound, eraTemperature, distillation, clientModels, evaluateClients);
        }
    }

    static final class Execution {
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
                converter = Numbers.Parallels.class,
                description =
                        "Worker processes or threads, no more than clients in a round. Changes the speed, never the"
                                + " result. Default: the number of cores.")
        Integer numParallels;

        @Option(
                names = "--device",
                paramLabel = "DEVICE",
                defaultValue = "cpu",
                converter = Devices.class,
                description = "cpu, cuda (clients spread over all CUDA devices) or cuda:<index>."
                        + " Default: ${DEFAULT-VALUE}.")
        Device device;

        @Option(
                names = "--cache-dir",
                paramLabel = "DIR",
                description = "Folder for what lets worker processes start faster, an archive of their classes. It is"
                        + " made by the first run and may be deleted at any time. Default: that of the environment"
                        + " variable BLAZEFL4J_CACHE, or blazefl4j in the user's cache folder.")
        Path cacheDir;
    }

    static final class ClientFailures {
        @Option(
                names = "--retries",
                paramLabel = "N",
                defaultValue = "0",
                converter = Numbers.Retries.class,
                description = "How often a client that failed is trained again in a round, up to 255; the result is the"
                        + " same as without the failure. Default: ${DEFAULT-VALUE}.")
        int retries;

        @Option(
                names = "--on-client-failure",
                paramLabel = "WHAT",
                defaultValue = "fail",
                description = {
                    "What happens when the last attempt of a client has failed. Default: ${DEFAULT-VALUE}.",
                    "- fail: the run ends",
                    "- drop: the round goes on without the client, which changes the result"
                })
        OnClientFailure onClientFailure;

        @Option(
                names = "--on-non-finite",
                paramLabel = "WHAT",
                defaultValue = "warn",
                description = {
                    "What happens to a result of a client with NaN or an infinity, as a learning rate that is too large"
                            + " gives it. Default: ${DEFAULT-VALUE}.",
                    "- warn: it is taken as any other; a warning and the result files tell",
                    "- fail: the run ends, also where it is the server's own model",
                    "- drop: the round goes on without the client, which changes the result",
                    "- retry: the client has failed, with the same result each time: --retries and"
                            + " --on-client-failure say what follows"
                })
        NonFinitePolicy onNonFinite;

        @Option(
                names = "--client-time-limit",
                paramLabel = "S",
                converter = Numbers.Seconds.class,
                description = "Seconds that a client may train; one that takes longer is stopped and has failed."
                        + " Default: no limit.")
        Duration clientTimeLimit;
    }

    static final class Saving {
        @Option(
                names = "--checkpoint-dir",
                paramLabel = "DIR",
                description = "Folder to save the run to, so that it can go on after an interruption of any kind with"
                        + " the same result. Of this run alone. Default: the run is not saved.")
        Path checkpointDir;

        @Option(
                names = "--checkpoint-every",
                paramLabel = "N",
                defaultValue = "1",
                converter = Numbers.Count.class,
                description = "Rounds from one checkpoint to the next. Default: ${DEFAULT-VALUE}.")
        int checkpointEvery;

        @Option(
                names = "--checkpoint-keep",
                paramLabel = "N",
                defaultValue = "3",
                converter = Numbers.Count.class,
                description = "Checkpoints that are kept, the latest ones. Default: ${DEFAULT-VALUE}.")
        int checkpointKeep;

        @Option(
                names = "--resume",
                description = "Go on from the latest checkpoint in --checkpoint-dir, in the folder of results that it"
                        + " names. With --output: in that folder if the results were moved there; in a new one, with"
                        + " files that begin with the next round. Without a checkpoint, start from the beginning."
                        + " Options that change results must be as before; --global-round may be larger.")
        boolean resume;
    }

    static final class Results {
        @Option(
                names = "--output",
                paramLabel = "DIR",
                description = "Folder for metrics.csv and metrics.jsonl, new or empty. Default: runs/<date>-<time>.")
        Path output;

        @Option(names = "--verbose", description = "Show the stack trace when something fails.")
        boolean verbose;
    }
}

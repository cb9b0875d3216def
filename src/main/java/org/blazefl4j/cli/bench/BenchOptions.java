package org.blazefl4j.cli.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.blazefl4j.cli.options.Converters;
import org.blazefl4j.cli.options.OptionUse;
import org.blazefl4j.cli.run.RunFolder;
import org.blazefl4j.lab.EmptyWork;
import org.blazefl4j.lab.LabCase;
import org.blazefl4j.lab.LabOptions;
import org.blazefl4j.lab.TrainingWork;
import org.blazefl4j.lab.Work;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.trainer.ExecutionMode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of {@code bench}. */
final class BenchOptions {

    private static final Path FOLDER = Path.of("bench");
    private static final int CORES = Runtime.getRuntime().availableProcessors();

    /** The kinds of rounds in {@code bench}, as named on the command line. */
    enum Kind {
        EMPTY("--floats"),
        TRAINING("--model-name", "--samples", "--batch-size");

        /** The options that only this kind has. */
        private final List<String> options;

        Kind(String... options) {
            this.options = List.of(options);
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = "--work",
            paramLabel = "WORK",
            split = ",",
            defaultValue = "empty,training",
            description = {
                "What rounds do. Default: ${DEFAULT-VALUE}.",
                "- empty: clients only copy the parameters, so that a round costs what the framework costs",
                "- training: federated averaging of one epoch on random images of 3 x 32 x 32",
            })
    private List<Kind> work;

    @Option(
            names = "--floats",
            paramLabel = "N",
            split = ",",
            description = "Number of parameters in empty rounds. Default: 62006 (CNN); with --thorough also 11191262"
                    + " (ResNet-18).")
    private List<Integer> floats;

    @Option(
            names = {"--model-name", "--model"},
            paramLabel = "NAME",
            split = ",",
            description = "Models in training rounds: cnn, mlp, resnet18, resnet50, resnet101. Default: cnn; with"
                    + " --thorough also resnet18.")
    private List<ModelName> models;

    @Option(
            names = "--clients",
            paramLabel = "N",
            split = ",",
            description = "Clients in a round. Default: 10,100 in empty and 10 in training rounds; with --thorough"
                    + " 10,100,1000 and 10,100.")
    private List<Integer> clients;

    @Option(
            names = "--workers",
            paramLabel = "N",
            split = ",",
            converter = Converters.Workers.class,
            description =
                    "Threads or worker processes; single-threaded always has one. Default: 1 and the number of cores;"
                            + " with --thorough also half the cores.")
    private List<Integer> workers;

    @Option(
            names = "--execution-mode",
            paramLabel = "MODE",
            split = ",",
            defaultValue = "single-threaded,multi-threaded,multi-process",
            description = "Execution modes. Default: ${DEFAULT-VALUE}.")
    private List<ExecutionMode> modes;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "100",
            description = "Images per client in training rounds. Default: ${DEFAULT-VALUE}.")
    private int samples;

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            defaultValue = "50",
            description = "Images per step in training rounds. Default: ${DEFAULT-VALUE}.")
    private int batchSize;

    @Option(
            names = {"--rounds", "--global-round"},
            paramLabel = "N",
            description = "Measured rounds per case. Default: 100; with --thorough 500.")
    private Integer rounds;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "20",
            converter = Converters.CountOrZero.class,
            description = "Rounds before them that are not measured, for at most a quarter of the time limit. Default:"
                    + " ${DEFAULT-VALUE}.")
    private int warmUps;

    @Option(
            names = "--time-limit",
            paramLabel = "S",
            description = "Seconds after which a case starts no further round once one is measured, not counting the"
                    + " start of workers. Default: 3; with --thorough 30.")
    private Duration timeLimit;

    @Option(
            names = "--thorough",
            description =
                    "Measure more sizes and rounds: about half an hour on two cores, instead of less than a minute.")
    private boolean thorough;

    @Option(
            names = {"--output", "--out"},
            paramLabel = "DIR",
            description =
                    "New or empty folder for bench.html, bench.json and bench.csv. Default:" + " bench/<date>-<time>.")
    private @Nullable Path output;

    @Option(names = "--verbose", description = "Show the stack trace if something fails.")
    private boolean verbose;

    /**
     * Returns the requested cases, each once.
     *
     * @throws ParameterException for an option that is refused
     */
    List<LabCase> cases(CommandLine command) {
        OptionUse use = new OptionUse(command);
        for (Kind kind : Kind.values()) {
            kind.options.forEach(option -> use.refuseUnless(work.contains(kind), option, "--work " + kind));
        }
        boolean serial = modes.stream().allMatch(mode -> mode == ExecutionMode.SINGLE_THREADED);
        use.noteUnless(!serial, "--workers", ExecutionMode.SINGLE_THREADED);
        complete();
        if ((long) rounds + warmUps > Integer.MAX_VALUE) {
            throw use.refusal("too many rounds: --rounds=" + rounds + ", --warm-up=" + warmUps + ", limit="
                    + Integer.MAX_VALUE + " in total");
        }
        return work.stream().flatMap(this::casesOf).toList();
    }

    /** Sets the defaults that depend on other options, and removes duplicate values. */
    private void complete() {
        rounds = rounds != null ? rounds : thorough ? 500 : 100;
        timeLimit = timeLimit != null ? timeLimit : Duration.ofSeconds(thorough ? 30 : 3);
        floats = distinct(floats, thorough ? List.of(62_006, 11_191_262) : List.of(62_006));
        models = distinct(models, thorough ? List.of(ModelName.CNN, ModelName.RESNET18) : List.of(ModelName.CNN));
        workers = distinct(workers, thorough ? List.of(1, Math.max(1, CORES / 2), CORES) : List.of(1, CORES));
        work = distinct(work, List.of());
        modes = distinct(modes, List.of());
    }

    private static <T> List<T> distinct(@Nullable List<T> given, List<T> defaults) {
        return (given == null ? defaults : given).stream().distinct().toList();
    }

    private Stream<LabCase> casesOf(Kind kind) {
        Stream<Work> sizes = kind == Kind.EMPTY
                ? floats.stream().map(EmptyWork::new)
                : models.stream().map(model -> new TrainingWork(model, samples, batchSize));
        return sizes.flatMap(size -> clientsOf(kind).stream().flatMap(count -> casesOf(size, count)));
    }

    private List<Integer> clientsOf(Kind kind) {
        List<Integer> few = kind == Kind.EMPTY ? List.of(10, 100) : List.of(10);
        List<Integer> many = kind == Kind.EMPTY ? List.of(10, 100, 1000) : List.of(10, 100);
        return distinct(clients, thorough ? many : few);
    }

    private Stream<LabCase> casesOf(Work size, int count) {
        return modes.stream()
                .flatMap(mode -> (mode == ExecutionMode.SINGLE_THREADED ? List.of(1) : workers)
                        .stream().map(workersOfMode -> new LabCase(size, mode, workersOfMode, count)));
    }

    /** Returns how long each case is measured; called after {@link #cases}. */
    LabOptions lab() {
        return new LabOptions(rounds, warmUps, timeLimit);
    }

    /** Creates the folder for results. */
    RunFolder folder() {
        return output == null ? RunFolder.createStamped(FOLDER) : RunFolder.create(output, file -> false);
    }

    /** Returns the settings by option name, for result files; called after {@link #cases}. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("work", names(work));
        map.put("floats", floats);
        map.put("model_name", names(models));
        map.put("execution_mode", names(modes));
        map.put("workers", workers);
        map.put("samples", samples);
        map.put("batch_size", batchSize);
        map.put("rounds", rounds);
        map.put("warm_up", warmUps);
        map.put("time_limit_seconds", timeLimit.toNanos() * 1e-9);
        map.put("thorough", thorough);
        return map;
    }

    private static List<String> names(List<?> values) {
        return values.stream().map(Object::toString).toList();
    }
}

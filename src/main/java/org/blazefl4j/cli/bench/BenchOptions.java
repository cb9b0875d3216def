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

    @Option(names = "--work", paramLabel = "WORK", split = ",", defaultValue = "empty,training")
    private List<Kind> work;

    @Option(names = "--floats", paramLabel = "N", split = ",")
    private List<Integer> floats;

    @Option(
            names = {"--model-name", "--model"},
            paramLabel = "NAME",
            split = ",")
    private List<ModelName> models;

    @Option(names = "--clients", paramLabel = "N", split = ",")
    private List<Integer> clients;

    @Option(names = "--workers", paramLabel = "N", split = ",", converter = Converters.Workers.class)
    private List<Integer> workers;

    @Option(
            names = "--execution-mode",
            paramLabel = "MODE",
            split = ",",
            defaultValue = "single-threaded,multi-threaded,multi-process")
    private List<ExecutionMode> modes;

    @Option(names = "--samples", paramLabel = "N")
    private int samples = 100;

    @Option(names = "--batch-size", paramLabel = "N")
    private int batchSize = 50;

    @Option(
            names = {"--rounds", "--global-round"},
            paramLabel = "N")
    private Integer rounds;

    @Option(names = "--warm-up", paramLabel = "N", converter = Converters.CountOrZero.class)
    private int warmUps = 20;

    @Option(names = "--time-limit", paramLabel = "S")
    private Duration timeLimit;

    @Option(names = "--thorough")
    private boolean thorough;

    @Option(
            names = {"--output", "--out"},
            paramLabel = "DIR")
    private @Nullable Path output;

    @Option(names = "--verbose")
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

package org.blazefl4j.cli.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.blazefl4j.cli.options.Numbers;
import org.blazefl4j.lab.LabCase;
import org.blazefl4j.lab.LabOptions;
import org.blazefl4j.lab.Work;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.trainer.ExecutionMode;
import picocli.CommandLine.Option;

/** The options of {@code bench}. */
final class BenchOptions {

    private static final int CORES = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--work",
            paramLabel = "WORK",
            split = ",",
            defaultValue = "empty,training",
            description = {
                "What rounds do. Default: ${DEFAULT-VALUE}.",
                "- empty: clients copy the parameters and train nothing, so that a round is what the framework costs",
                "- training: federated averaging of one epoch on random images of 3 x 32 x 32",
            })
    private List<BenchWork> work;

    @Option(
            names = "--floats",
            paramLabel = "N",
            split = ",",
            converter = Numbers.Count.class,
            description = "Parameters in empty rounds. Default: 62006 (the CNN's), with --thorough also 11191262"
                    + " (ResNet-18's).")
    private List<Integer> floats;

    @Option(
            names = {"--model-name", "--model"},
            paramLabel = "NAME",
            split = ",",
            description = "Models in training rounds: cnn, mlp, resnet18, resnet50, resnet101. Default: cnn, with"
                    + " --thorough also resnet18.")
    private List<ModelName> models;

    @Option(
            names = "--clients",
            paramLabel = "N",
            split = ",",
            converter = Numbers.Count.class,
            description = "Clients in a round. Default: 10,100 in empty and 10 in training rounds, with --thorough"
                    + " 10,100,1000 and 10,100.")
    private List<Integer> clients;

    @Option(
            names = "--workers",
            paramLabel = "N",
            split = ",",
            converter = Numbers.Parallels.class,
            description =
                    "Threads or worker processes; single-threaded always has one. Default: 1 and as many as cores,"
                            + " with --thorough also half of them.")
    private List<Integer> workers;

    @Option(
            names = "--execution-mode",
            paramLabel = "MODE",
            split = ",",
            defaultValue = "single-threaded,multi-threaded,multi-process",
            description = "How clients are run. Default: ${DEFAULT-VALUE}.")
    private List<ExecutionMode> modes;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "100",
            converter = Numbers.Count.class,
            description = "Images of a client in training rounds. Default: ${DEFAULT-VALUE}.")
    private int samples;

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            defaultValue = "50",
            converter = Numbers.Count.class,
            description = "Images in a step of training rounds. Default: ${DEFAULT-VALUE}.")
    private int batchSize;

    @Option(
            names = {"--rounds", "--global-round"},
            paramLabel = "N",
            converter = Numbers.Count.class,
            description = "Rounds that are measured in each case. Default: 100, with --thorough 500.")
    private Integer rounds;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "20",
            converter = Numbers.CountOrNone.class,
            description = "Rounds before them that are not counted, in a quarter of the time limit at most. Default:"
                    + " ${DEFAULT-VALUE}.")
    private int warmUps;

    @Option(
            names = "--time-limit",
            paramLabel = "S",
            converter = Numbers.Seconds.class,
            description = "Seconds after which no further round of a case begins, once one is measured; the start of"
                    + " workers not counted. Default: 3, with --thorough 30.")
    private Duration timeLimit;

    @Option(
            names = "--thorough",
            description = "More sizes and rounds: about half an hour on two cores, against less than a minute.")
    private boolean thorough;

    @Option(
            names = {"--output", "--out"},
            paramLabel = "DIR",
            description = "A new or empty folder for bench.html, bench.json and bench.csv. Default:"
                    + " bench/<date>-<time>.")
    private Path output;

    @Option(names = "--verbose", description = "Show the stack trace when something fails.")
    private boolean verbose;

    /** Fills in the defaults that depend on others; values that are given twice count once. */
    private void complete() {
        rounds = rounds != null ? rounds : thorough ? 500 : 100;
        timeLimit = timeLimit != null ? timeLimit : Duration.ofSeconds(thorough ? 30 : 3);
        floats = distinct(floats, thorough ? List.of(62_006, 11_191_262) : List.of(62_006));
        models = distinct(models, thorough ? List.of(ModelName.CNN, ModelName.RESNET18) : List.of(ModelName.CNN));
        workers = distinct(workers, thorough ? List.of(1, Math.max(1, CORES / 2), CORES) : List.of(1, CORES));
        work = distinct(work, List.of());
        modes = distinct(modes, List.of());
    }

    private static <T> List<T> distinct(List<T> given, List<T> otherwise) {
        return (given == null ? otherwise : given).stream().distinct().toList();
    }

    /**
     * The cases that were asked for, none twice.
     *
     * @param given whether an option was on the command line
     * @param refusal makes the exception for a refused combination
     * @param note takes a line on an option that has no effect
     */
    List<LabCase> cases(Predicate<String> given, Function<String, RuntimeException> refusal, Consumer<String> note) {
        refuseUnused(given, refusal);
        if (given.test("--workers") && modes.stream().allMatch(mode -> mode == ExecutionMode.SINGLE_THREADED)) {
            note.accept("--workers has no effect with --execution-mode single-threaded");
        }
        complete();
        return work.stream().flatMap(this::casesOf).toList();
    }

    private void refuseUnused(Predicate<String> given, Function<String, RuntimeException> refusal) {
        for (BenchWork each : BenchWork.values()) {
            for (String option : each.options()) {
                if (given.test(option) && !work.contains(each)) {
                    throw refusal.apply(option + " has no effect: add --work " + each + ", or leave it out");
                }
            }
        }
    }

    private Stream<LabCase> casesOf(BenchWork kind) {
        Stream<Work> sizes = kind == BenchWork.EMPTY
                ? floats.stream().map(Work::empty)
                : models.stream().map(model -> Work.training(model, samples, batchSize));
        return sizes.flatMap(size -> clientsOf(kind).stream().flatMap(count -> casesOf(size, count)));
    }

    private List<Integer> clientsOf(BenchWork kind) {
        List<Integer> few = kind == BenchWork.EMPTY ? List.of(10, 100) : List.of(10);
        List<Integer> many = kind == BenchWork.EMPTY ? List.of(10, 100, 1000) : List.of(10, 100);
        return distinct(clients, thorough ? many : few);
    }

    private Stream<LabCase> casesOf(Work size, int count) {
        return modes.stream()
                .flatMap(mode -> workersOf(mode).map(workersOfMode -> new LabCase(size, mode, workersOfMode, count)));
    }

    private Stream<Integer> workersOf(ExecutionMode mode) {
        return mode == ExecutionMode.SINGLE_THREADED ? Stream.of(1) : workers.stream();
    }

    /** How long each case is measured; after {@link #cases}. */
    LabOptions lab() {
        return new LabOptions(rounds, warmUps, timeLimit);
    }

    /** Where results go; null for a folder of the program's choice. */
    Path output() {
        return output;
    }

    /** By option name, for result files; after {@link #cases}. */
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

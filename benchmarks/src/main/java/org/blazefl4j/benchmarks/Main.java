package org.blazefl4j.benchmarks;

import static java.util.Map.entry;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.blazefl4j.trainer.ProcessOptions;

/**
 * Runs benchmarks and prints medians with quartiles, beside their baselines.
 *
 * <p>The first argument names a benchmark that measures without JMH, and its options follow; all other arguments go to
 * JMH. {@code --json <file>} before them writes what was measured to a file. {@code benchmarks/run} uses
 * {@code prepare}, {@code page}, {@code guard} and {@code update-guard} to make one report of several such files.
 */
public final class Main {

    /** A benchmark that measures without JMH, in pairs. */
    @FunctionalInterface
    interface Program {
        void run(String[] args, Consumer<Measurement> results) throws Exception;
    }

    private static final Map<String, Program> PROGRAMS = Map.ofEntries(
            entry("clients", ClientScaling::run),
            entry("memory", RoundMemory::run),
            entry("pool", PoolPerRound::run),
            entry("start", PoolStart::run),
            entry("step", StepSpeed::run),
            entry("numerics", StepSpeed::runNumerics),
            entry("engine", EngineSpeed::run),
            entry("torchscript", TorchScriptSpeed::run),
            entry("fedavg", FedAvgThroughput::run),
            entry("small", FedAvgThroughput::runSmall),
            entry("algorithms", AlgorithmThroughput::run),
            entry("evaluation", SharedEvaluation::run),
            entry("files", ResultFiles::run),
            entry("guards", Guards::run),
            entry("death", WorkerDeath::run));

    private Main() {}

    /** Runs what the arguments name; exits with 1 at a regression. */
    public static void main(String[] args) throws Exception {
        List<String> rest = List.of(args).subList(Math.min(1, args.length), args.length);
        switch (args.length == 0 ? "" : args[0]) {
            case "prepare" -> ClassArchives.make(ProcessOptions.defaults().cacheFolder());
            case "page" -> Reports.page(rest);
            case "update-guard" -> Reports.updateGuard(rest);
            case "guard" -> {
                if (!Reports.guard(rest)) {
                    System.exit(1);
                }
            }
            case "--json" -> MeasurementFile.write(Path.of(args[1]), measure(rest.subList(1, rest.size())));
            default -> measure(List.of(args));
        }
    }

    private static List<Measurement> measure(List<String> args) throws Exception {
        List<Measurement> measured = new ArrayList<>();
        Consumer<Measurement> results = measurement -> {
            System.out.println(measurement.row());
            measured.add(measurement);
        };
        Program program = args.isEmpty() ? null : PROGRAMS.get(args.get(0));
        if (program == null) {
            JmhBenchmarks.run(args.toArray(String[]::new), results);
        } else {
            program.run(args.subList(1, args.size()).toArray(String[]::new), results);
        }
        return measured;
    }
}

package org.blazefl4j.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Runs benchmarks and prints medians with quartiles, beside their baselines.
 *
 * <p>The first argument names a program that measures by itself, whose options follow; anything else goes to JMH, whose
 * options apply. {@code --json <file>} before it writes what was measured to a file.
 */
public final class Main {

    /** A benchmark that measures by itself, in pairs. */
    @FunctionalInterface
    interface Program {
        void run(String[] args, Consumer<Measurement> results) throws Exception;
    }

    private static final Map<String, Program> PROGRAMS = Map.of(
            "clients", ClientScaling::run,
            "memory", RoundMemory::run,
            "pool", PoolPerRound::run,
            "fedavg", FedAvgThroughput::run,
            "guards", Guards::run,
            "death", WorkerDeath::run);

    private Main() {}

    /** Runs what the arguments name. */
    public static void main(String[] args) throws Exception {
        boolean toFile = args.length >= 2 && args[0].equals("--json");
        String[] rest = toFile ? Arrays.copyOfRange(args, 2, args.length) : args;
        List<Measurement> measured = new ArrayList<>();
        Consumer<Measurement> results = measurement -> {
            System.out.println(measurement.row());
            measured.add(measurement);
        };
        Program program = rest.length == 0 ? null : PROGRAMS.get(rest[0]);
        if (program == null) {
            JmhBenchmarks.run(rest, results);
        } else {
            program.run(Arrays.copyOfRange(rest, 1, rest.length), results);
        }
        if (toFile) {
            MeasurementFile.write(Path.of(args[1]), measured);
        }
    }
}

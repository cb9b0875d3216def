package org.blazefl4j.benchmarks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Runs JMH with its own options. */
final class JmhBenchmarks {

    private JmhBenchmarks() {}

    /** Runs what the arguments ask for; one measurement per benchmark and set of parameters. */
    static void run(String[] args, Consumer<Measurement> results) throws Exception {
        CommandLineOptions options = new CommandLineOptions(args);
        if (options.shouldHelp()) {
            options.showHelp();
            return;
        }
        Runner runner = new Runner(new OptionsBuilder()
                .parent(options)
                .addProfiler(PairedBaseline.class)
                .build());
        if (options.shouldList()) {
            runner.list();
            return;
        }
        Collection<RunResult> measured = runner.run();
        System.out.println("\nMedian [quartiles]");
        measured.stream().map(JmhBenchmarks::measurement).forEach(results);
    }

    private static Measurement measurement(RunResult result) {
        List<Double> values = new ArrayList<>();
        List<Double> baselines = new ArrayList<>();
        for (BenchmarkResult fork : result.getBenchmarkResults()) {
            for (IterationResult iteration : fork.getIterationResults()) {
                values.add(iteration.getPrimaryResult().getScore());
                Result<?> baseline = iteration.getSecondaryResults().get(PairedBaseline.LABEL);
                if (baseline != null) {
                    baselines.add(baseline.getScore());
                }
            }
        }
        return Measurement.of(
                name(result.getParams()),
                result.getPrimaryResult().getScoreUnit().replace("/op", ""),
                array(values),
                PairedBaseline.LABEL,
                array(baselines));
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(value -> value).toArray();
    }

    private static String name(BenchmarkParams params) {
        String[] path = params.getBenchmark().split("\\.");
        StringBuilder name = new StringBuilder(path[path.length - 2] + "." + path[path.length - 1]);
        for (String key : new TreeSet<>(params.getParamsKeys())) {
            name.append(' ').append(key).append('=').append(params.getParam(key));
        }
        return name.toString();
    }
}

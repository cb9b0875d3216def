package org.blazefl4j.benchmarks;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

/**
 * Runs JMH with its own options. The baseline of a benchmark is what it measured itself ({@link PairedBaseline}), else
 * the {@link Baseline} of its class.
 */
final class JmhBenchmarks {

    private JmhBenchmarks() {}

    /** Runs what the arguments ask for, and returns one measurement per benchmark and set of parameters. */
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
        withBaselines(measured).forEach(results);
    }

    private static List<Measurement> withBaselines(Collection<RunResult> results) throws ClassNotFoundException {
        Map<String, Measurement> measured = new LinkedHashMap<>();
        results.forEach(result -> measured.put(name(result.getParams()), measurement(result)));
        List<Measurement> held = new ArrayList<>();
        for (RunResult result : results) {
            Measurement own = measured.get(name(result.getParams()));
            String method = baselineMethod(result.getParams());
            Measurement baseline = measured.get(name(result.getParams(), method));
            boolean isHeld = !own.hasBaseline() && baseline != null && baseline != own;
            held.add(isHeld ? Measurement.of(own.name(), own.unit(), own.values(), method, baseline.values()) : own);
        }
        return held;
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
                baselines.isEmpty() ? "" : PairedBaseline.LABEL,
                array(baselines));
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(value -> value).toArray();
    }

    /** Returns the name of the marked method in the benchmark's class; empty if none is marked. */
    private static String baselineMethod(BenchmarkParams params) throws ClassNotFoundException {
        String benchmark = params.getBenchmark();
        for (Method method : Class.forName(benchmark.substring(0, benchmark.lastIndexOf('.')))
                .getMethods()) {
            if (method.isAnnotationPresent(Baseline.class)) {
                return method.getName();
            }
        }
        return "";
    }

    private static String name(BenchmarkParams params) {
        return name(params, params.getBenchmark().replaceAll(".*\\.", ""));
    }

    /** Returns the name of a method's measurement with the same parameters: class, method, parameters in order. */
    private static String name(BenchmarkParams params, String method) {
        String[] path = params.getBenchmark().split("\\.");
        StringBuilder name = new StringBuilder(path[path.length - 2] + "." + method);
        for (String key : new TreeSet<>(params.getParamsKeys())) {
            name.append(' ').append(key).append('=').append(params.getParam(key));
        }
        return name.toString();
    }
}

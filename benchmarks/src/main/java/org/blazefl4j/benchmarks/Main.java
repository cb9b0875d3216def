package org.blazefl4j.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.util.Statistics;

/**
 * Runs benchmarks and prints medians with quartiles.
 *
 * <p>{@code fedavg [options]} runs {@link FedAvgThroughput}, {@code guards [options]} {@link Guards} and {@code death
 * [options]} {@link WorkerDeath}; anything else goes to JMH, whose options apply.
 */
public final class Main {

    private Main() {}

    /** Runs what the arguments name. */
    public static void main(String[] args) throws Exception {
        String[] rest = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
        switch (args.length == 0 ? "" : args[0]) {
            case "fedavg" -> FedAvgThroughput.main(rest);
            case "guards" -> Guards.main(rest);
            case "death" -> WorkerDeath.main(rest);
            default -> runJmh(args);
        }
    }

    private static void runJmh(String[] args) throws Exception {
        CommandLineOptions options = new CommandLineOptions(args);
        if (options.shouldHelp()) {
            options.showHelp();
            return;
        }
        Runner runner = new Runner(options);
        if (options.shouldList()) {
            runner.list();
            return;
        }
        print(runner.run());
    }

    private static void print(Collection<RunResult> results) {
        List<String> rows = new ArrayList<>();
        for (RunResult result : results) {
            Statistics statistics = result.getPrimaryResult().getStatistics();
            rows.add(String.format(
                    Locale.ROOT,
                    "%-60s %10.3f [%.3f, %.3f] %s, n=%d",
                    title(result.getParams()),
                    statistics.getPercentile(50),
                    statistics.getPercentile(25),
                    statistics.getPercentile(75),
                    result.getPrimaryResult().getScoreUnit(),
                    statistics.getN()));
        }
        System.out.println("\nMedian [quartiles]");
        rows.forEach(System.out::println);
    }

    private static String title(BenchmarkParams params) {
        String[] path = params.getBenchmark().split("\\.");
        StringBuilder title = new StringBuilder(path[path.length - 2] + "." + path[path.length - 1]);
        for (String key : new TreeSet<>(params.getParamsKeys())) {
            title.append(' ').append(key).append('=').append(params.getParam(key));
        }
        return title.toString();
    }
}

package org.blazefl4j.spark;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.blazefl4j.cli.options.Trainers;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.spark.SparkOptions.Inner;
import org.blazefl4j.spark.SparkOptions.Results;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Arguments;
import org.jspecify.annotations.Nullable;

/**
 * The command line, whose runs train on the cluster that {@code spark-submit} gives them.
 *
 * <p>{@code --execution-mode} says how executors run the clients of a task. What else there is to say of Spark is in
 * its settings: {@code spark.blazefl4j.results}, {@code each} or {@code sums}, {@code spark.blazefl4j.clientsPerTask}
 * and {@code spark.blazefl4j.driverSumBytes}.
 */
public final class Main {

    private static final String RESULTS = "spark.blazefl4j.results";
    private static final String CLIENTS_PER_TASK = "spark.blazefl4j.clientsPerTask";
    private static final String DRIVER_SUM_BYTES = "spark.blazefl4j.driverSumBytes";

    private Main() {}

    /**
     * Runs a command and ends the process with its exit code.
     *
     * @param args the command line of {@code blazefl4j}
     */
    public static void main(String[] args) {
        int exitCode;
        try (OnSpark spark = new OnSpark()) {
            exitCode = org.blazefl4j.cli.Main.run(args, spark);
        }
        System.exit(exitCode);
    }

    /** Returns the options that Spark's settings give. */
    static SparkOptions options(SparkConf conf, ExecutionMode mode) {
        Inner inner = Arrays.stream(Inner.values())
                .filter(each -> each.mode() == mode)
                .findFirst()
                .orElseThrow();
        String results = conf.get(RESULTS, Results.EACH.name()).toUpperCase(Locale.ROOT);
        Arguments.require(
                Arrays.stream(Results.values()).anyMatch(each -> each.name().equals(results)),
                "no such setting: " + RESULTS + "=" + conf.get(RESULTS, "") + ", expected=each or sums");
        return new SparkOptions(
                inner,
                conf.getInt(CLIENTS_PER_TASK, 0),
                Results.valueOf(results),
                conf.getSizeAsBytes(DRIVER_SUM_BYTES, SparkOptions.DRIVER_SUM_BYTES));
    }

    /** Makes trainers on the cluster. Connects to it with the first. */
    private static final class OnSpark implements Trainers, AutoCloseable {

        private @Nullable JavaSparkContext spark;

        @Override
        public <C, D, U> ClientTrainer<D, U> trainer(
                ExecutionMode mode,
                ClientAlgorithm<C, D, U> clients,
                TrainerOptions options,
                ProcessOptions processOptions) {
            JavaSparkContext cluster = spark();
            return new SparkClientTrainer<>(cluster, clients, options, options(cluster.getConf(), mode));
        }

        private JavaSparkContext spark() {
            if (spark == null) {
                SparkConf conf = new SparkConf()
                        .setIfMissing("spark.app.name", "blazefl4j")
                        .setIfMissing("spark.broadcast.compress", "false")
                        .setIfMissing("spark.driver.maxResultSize", "0")
                        .setIfMissing("spark.task.maxDirectResultSize", "32m")
                        .setIfMissing("spark.ui.showConsoleProgress", "false");
                spark = new JavaSparkContext(conf);
            }
            return spark;
        }

        @Override
        public Optional<String> describe(ExecutionMode mode) {
            return Optional.of("Spark, " + spark().master() + ", " + mode + " in executors");
        }

        @Override
        public void close() {
            if (spark != null) {
                spark.close();
            }
        }
    }
}

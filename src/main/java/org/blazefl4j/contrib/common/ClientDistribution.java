package org.blazefl4j.contrib.common;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.util.Arguments;

/**
 * How accuracy and loss are spread over clients, each of which was evaluated on its own samples.
 *
 * <pre>{@code
 * var evaluator = FederationClients.evaluator(PartitionType.TEST);
 * simulation.addColumns(ClientDistribution.columns(
 *         round -> round % 5 == 4, () -> trainer.evaluate(handler.evaluationPackage(), cids, evaluator)));
 * }</pre>
 *
 * @param accuracy of the clients, each in [0, 1]; low ones are the worst
 * @param loss of the clients; high ones are the worst
 * @param clients the number of clients
 * @param samples the number of samples of all clients
 */
public record ClientDistribution(Spread accuracy, Spread loss, int clients, long samples) {

    private static final String CLIENTS = "client";

    private static final ClientDistribution NONE = new ClientDistribution(Spread.NONE, Spread.NONE, 0, 0);

    /**
     * The spread of one figure over clients. Sums are in the order of the clients, so the bits depend on nothing else.
     *
     * @param mean the mean over clients, each counted once
     * @param weighted the mean over clients weighted by their samples, which is the mean over all samples
     * @param std the standard deviation from {@code mean}, divided by the number of clients, not by one less
     * @param worst10 the mean over the worst tenth of the clients, rounded up to whole clients
     * @param min the lowest
     * @param p10 the tenth percentile; percentiles are interpolated linearly between the closest ranks
     * @param p50 the median
     * @param p90 the ninetieth percentile
     * @param max the highest; NaN is above all numbers
     */
    public record Spread(
            double mean,
            double weighted,
            double std,
            double worst10,
            double min,
            double p10,
            double p50,
            double p90,
            double max) {

        private static final double NAN = Double.NaN;
        private static final Spread NONE = new Spread(NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN);

        /** Returns the spread of at least one value with weights above 0. */
        static Spread of(double[] values, long[] weights, boolean highIsWorst) {
            int n = values.length;
            double sum = 0;
            double weightedSum = 0;
            for (int i = 0; i < n; i++) {
                sum += values[i];
                weightedSum += values[i] * weights[i];
            }
            double mean = sum / n;
            double squares = 0;
            for (double value : values) {
                squares += (value - mean) * (value - mean);
            }
            double[] sorted = values.clone();
            Arrays.sort(sorted);
            int worst = (n + 9) / 10;
            double[] worstValues =
                    highIsWorst ? Arrays.copyOfRange(sorted, n - worst, n) : Arrays.copyOf(sorted, worst);
            return new Spread(
                    mean,
                    weightedSum / Arrays.stream(weights).sum(),
                    Math.sqrt(squares / n),
                    Arrays.stream(worstValues).average().orElseThrow(),
                    sorted[0],
                    percentile(sorted, 10),
                    percentile(sorted, 50),
                    percentile(sorted, 90),
                    sorted[n - 1]);
        }

        /** Returns a percentile of ascending values: at least the value below its rank, at most the one above. */
        static double percentile(double[] sorted, int percent) {
            long hundredths = (long) percent * (sorted.length - 1);
            int rank = (int) (hundredths / 100);
            double below = sorted[rank];
            double above = sorted[Math.min(rank + 1, sorted.length - 1)];
            double part = hundredths % 100 / 100.0;
            return part == 0 || below == above ? below : Math.min(below + part * (above - below), above);
        }

        private void addTo(Map<String, Double> columns, String name) {
            columns.put(name, mean);
            columns.put(name + "_weighted", weighted);
            columns.put(name + "_std", std);
            columns.put(name + "_worst10", worst10);
            columns.put(name + "_min", min);
            columns.put(name + "_p10", p10);
            columns.put(name + "_p50", p50);
            columns.put(name + "_p90", p90);
            columns.put(name + "_max", max);
        }
    }

    /**
     * Returns the distribution of clients' results.
     *
     * @throws IllegalArgumentException if there are none, or one is without samples
     */
    public static ClientDistribution of(List<Evaluation> results) {
        Arguments.require(!results.isEmpty(), "no results: clients=0, limit=1 or more; evaluate clients with samples");
        long[] samples = results.stream().mapToLong(Evaluation::samples).toArray();
        for (int i = 0; i < samples.length; i++) {
            Arguments.require(
                    samples[i] > 0,
                    "result without samples: position=" + i + ", samples=" + samples[i]
                            + ", limit=1 or more; leave out clients without samples");
        }
        return new ClientDistribution(
                Spread.of(figures(results, Evaluation::accuracy), samples, false),
                Spread.of(figures(results, Evaluation::loss), samples, true),
                results.size(),
                Arrays.stream(samples).sum());
    }

    private static double[] figures(List<Evaluation> results, ToDoubleFunction<Evaluation> figure) {
        return results.stream().mapToDouble(figure).toArray();
    }

    /**
     * Returns the figures by name: {@code client_accuracy}, the mean, and {@code client_accuracy_weighted},
     * {@code _std}, {@code _worst10}, {@code _min}, {@code _p10}, {@code _p50}, {@code _p90} and {@code _max}, then
     * those of {@code client_loss}.
     */
    public Map<String, Double> toMap() {
        return toMap(CLIENTS);
    }

    /** Returns these figures by names that begin with another word than {@code client}. */
    private Map<String, Double> toMap(String group) {
        Map<String, Double> columns = new LinkedHashMap<>();
        accuracy.addTo(columns, group + "_accuracy");
        loss.addTo(columns, group + "_loss");
        return columns;
    }

    /** Returns the names of the figures. */
    public static Set<String> names() {
        return names(CLIENTS);
    }

    /** Returns the names of the figures of a group of clients, as {@link #columns(String, IntPredicate, Supplier)}. */
    public static Set<String> names(String group) {
        return NONE.toMap(group).keySet();
    }

    /**
     * Returns columns for {@link org.blazefl4j.core.Simulation#addColumns}: those of {@link #toMap}, which are NaN
     * after rounds without an evaluation.
     *
     * @param chosen whether clients are evaluated after a round, which counts from 0
     * @param evaluation evaluates the clients, for example by {@link org.blazefl4j.core.ClientTrainer#evaluate}
     */
    public static Function<RoundReport, Map<String, Double>> columns(
            IntPredicate chosen, Supplier<List<Evaluation>> evaluation) {
        return columns(CLIENTS, chosen, evaluation);
    }

    /**
     * Returns columns likewise of one of several groups of clients, such as those that never train.
     *
     * @param group takes the place of {@code client} in the columns' names: {@code unseen} makes
     *     {@code unseen_accuracy}
     */
    public static Function<RoundReport, Map<String, Double>> columns(
            String group, IntPredicate chosen, Supplier<List<Evaluation>> evaluation) {
        return report -> (chosen.test(report.round()) ? of(evaluation.get()) : NONE).toMap(group);
    }
}

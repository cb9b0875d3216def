package org.blazefl4j.report;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * How the training samples of each class lie with the clients, and how far from evenly.
 *
 * @param samples by client, then by class; at least one client, and the same number of classes for each
 */
public record Partition(List<long[]> samples) {

    /** The most counts, clients times classes, that result files and pages hold: a few megabytes. */
    public static final long MOST_COUNTS = 1_000_000;

    private static final String SAMPLES = "samples";

    /**
     * Counts the samples of each class.
     *
     * @param labels of all samples, each in [0, classes)
     * @param parts the positions of each client's samples
     */
    public static Partition of(long[] labels, List<long[]> parts, int classes) {
        return new Partition(parts.stream()
                .map(part -> {
                    long[] counts = new long[classes];
                    for (long position : part) {
                        counts[(int) labels[(int) position]]++;
                    }
                    return counts;
                })
                .toList());
    }

    /** Returns whether result files and pages hold a partition of this size; a larger one could fill the heap. */
    public static boolean isRecorded(int clients, int classes) {
        return (long) clients * classes <= MOST_COUNTS;
    }

    /** Returns the values of the line {@code partition} in result files. */
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("clients", samples.size());
        map.put("classes", classes());
        map.put(SAMPLES, samples);
        return map;
    }

    /** Reads such a line; empty if it is none. */
    static Optional<Partition> from(Map<String, Object> line) {
        if (!(line.get(SAMPLES) instanceof List<?> clients) || clients.isEmpty()) {
            return Optional.empty();
        }
        List<long[]> samples = clients.stream().map(Partition::counts).toList();
        boolean whole = samples.stream().allMatch(each -> each.length > 0 && each.length == samples.get(0).length);
        return whole ? Optional.of(new Partition(samples)) : Optional.empty();
    }

    private static long[] counts(Object client) {
        return client instanceof List<?> counts && counts.stream().allMatch(each -> each instanceof Number)
                ? counts.stream().mapToLong(each -> ((Number) each).longValue()).toArray()
                : new long[0];
    }

    int clients() {
        return samples.size();
    }

    int classes() {
        return samples.get(0).length;
    }

    /** Returns the number of samples of each client. */
    long[] sizes() {
        return samples.stream().mapToLong(each -> Arrays.stream(each).sum()).toArray();
    }

    /** Returns the share of each class among all samples. */
    double[] globalMix() {
        long[] totals = new long[classes()];
        samples.forEach(each -> Arrays.setAll(totals, c -> totals[c] + each[c]));
        return shares(totals);
    }

    /** Returns the share of each class; zeros if there are no samples. */
    static double[] shares(long[] counts) {
        long all = Math.max(1, Arrays.stream(counts).sum());
        return Arrays.stream(counts).mapToDouble(count -> (double) count / all).toArray();
    }

    /**
     * Returns the total variation between each client's mix of classes and that of all samples: half the sum of the
     * differences, from 0 for the same mix to 1 for no common class. NaN for a client without samples.
     */
    double[] distances() {
        double[] global = globalMix();
        return samples.stream()
                .mapToDouble(counts -> {
                    double[] mix = shares(counts);
                    double sum = IntStream.range(0, global.length)
                            .mapToDouble(c -> Math.abs(mix[c] - global[c]))
                            .sum();
                    return Arrays.stream(counts).sum() == 0 ? Double.NaN : sum / 2;
                })
                .toArray();
    }

    /**
     * Returns the Gini coefficient of the clients' sizes: 0 if all have as many samples, near 1 if one has all of them.
     */
    double gini() {
        long[] sorted = sizes();
        Arrays.sort(sorted);
        double sum = 0;
        double weighted = 0;
        for (int i = 0; i < sorted.length; i++) {
            sum += sorted[i];
            weighted += (2.0 * (i + 1) - sorted.length - 1) * sorted[i];
        }
        return sum == 0 ? 0 : weighted / (sorted.length * sum);
    }

    /** Partitions are equal if they have the same numbers. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Partition that && Arrays.deepEquals(samples.toArray(), that.samples.toArray());
    }

    @Override
    public int hashCode() {
        return Arrays.deepHashCode(samples.toArray());
    }
}

package org.blazefl4j.cli.sweep;

import java.util.List;

/**
 * The distribution of a figure over seeds.
 *
 * @param count the number of values
 * @param deviation the standard deviation of a sample, with {@code count - 1}; NaN of a single value
 */
record Figure(int count, double mean, double deviation) {

    /** Returns the distribution of values, at least one. */
    static Figure of(List<Double> values) {
        int n = values.size();
        double mean = values.stream().mapToDouble(value -> value).sum() / n;
        double squares = values.stream()
                .mapToDouble(value -> (value - mean) * (value - mean))
                .sum();
        return new Figure(n, mean, n == 1 ? Double.NaN : Math.sqrt(squares / (n - 1)));
    }
}

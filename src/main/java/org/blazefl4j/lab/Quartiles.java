package org.blazefl4j.lab;

import java.util.Arrays;

/**
 * The middle of some values and how far they are spread.
 *
 * @param lower a quarter of the values lie below
 * @param median half of them
 * @param upper three quarters
 */
public record Quartiles(double lower, double median, double upper) {

    /**
     * The quartiles of values, interpolated between neighbours.
     *
     * @param values at least one, in any order; stay as they are
     * @throws IllegalArgumentException if there is none
     */
    public static Quartiles of(double... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("no values: values=0, limit=1 or more");
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return new Quartiles(quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75));
    }

    private static double quantile(double[] sorted, double share) {
        double position = share * (sorted.length - 1);
        int below = (int) position;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}

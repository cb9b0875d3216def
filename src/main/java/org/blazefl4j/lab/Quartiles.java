package org.blazefl4j.lab;

import java.util.Arrays;
import org.blazefl4j.util.Arguments;

/**
 * The median of some values and their spread.
 *
 * @param lower a quarter of the values are below it
 * @param median half of the values are below it
 * @param upper three quarters of the values are below it
 */
public record Quartiles(double lower, double median, double upper) {

    /**
     * Returns the quartiles, interpolated between neighbouring values.
     *
     * @param values at least one, in any order; not modified
     * @throws IllegalArgumentException if there are no values
     */
    public static Quartiles of(double... values) {
        Arguments.require(values.length > 0, "too few values: values=0, limit=1 or more");
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

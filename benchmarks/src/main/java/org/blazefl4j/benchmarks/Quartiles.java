package org.blazefl4j.benchmarks;

import java.util.Arrays;
import java.util.Locale;

/** Sums up measured values. */
final class Quartiles {

    private Quartiles() {}

    /** The median and the quartiles, as {@code 2 [1, 3]}. */
    static String text(double[] values, String format) {
        String pattern = format + " [" + format + ", " + format + "]";
        return String.format(
                Locale.ROOT, pattern, quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75));
    }

    /** The value below which a share of the values lies, interpolated. */
    static double quantile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double position = share * (sorted.length - 1);
        int below = (int) position;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}

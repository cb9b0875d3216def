package org.blazefl4j.benchmarks;

import java.util.Arrays;
import java.util.Locale;

/** Sums up measured values. */
final class Quartiles {

    private Quartiles() {}

    /** The median and the quartiles, as {@code 2.000 [1.000, 3.000]}. */
    static String text(double[] values) {
        return number(quantile(values, 0.5)) + " [" + number(quantile(values, 0.25)) + ", "
                + number(quantile(values, 0.75)) + "]";
    }

    /** A value with four digits at the least, never in powers of ten. */
    static String number(double value) {
        int before = value == 0 ? 1 : (int) Math.floor(Math.log10(Math.abs(value))) + 1;
        return String.format(Locale.ROOT, "%." + Math.max(0, 4 - Math.max(before, 1)) + "f", value);
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

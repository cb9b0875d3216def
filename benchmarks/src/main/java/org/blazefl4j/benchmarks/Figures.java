package org.blazefl4j.benchmarks;

import java.util.Locale;
import org.blazefl4j.lab.Quartiles;

/** Formats measured values. */
final class Figures {

    private Figures() {}

    /** Returns the median and the quartiles, as {@code 2.000 [1.000, 3.000]}. */
    static String text(double[] values) {
        Quartiles quartiles = Quartiles.of(values);
        return number(quartiles.median()) + " [" + number(quartiles.lower()) + ", " + number(quartiles.upper()) + "]";
    }

    /** Returns a value with at least four digits, never in powers of ten. */
    static String number(double value) {
        int before = value == 0 ? 1 : (int) Math.floor(Math.log10(Math.abs(value))) + 1;
        return String.format(Locale.ROOT, "%." + Math.max(0, 4 - Math.max(before, 1)) + "f", value);
    }
}

package org.blazefl4j.benchmarks;

import java.util.Locale;
import org.blazefl4j.lab.Quartiles;

/** Measured values for readers. */
final class Figures {

    private Figures() {}

    /** The median and the quartiles, as {@code 2.000 [1.000, 3.000]}. */
    static String text(double[] values) {
        Quartiles quartiles = Quartiles.of(values);
        return number(quartiles.median()) + " [" + number(quartiles.lower()) + ", " + number(quartiles.upper()) + "]";
    }

    /** A value with four digits at the least, never in powers of ten. */
    static String number(double value) {
        int before = value == 0 ? 1 : (int) Math.floor(Math.log10(Math.abs(value))) + 1;
        return String.format(Locale.ROOT, "%." + Math.max(0, 4 - Math.max(before, 1)) + "f", value);
    }
}

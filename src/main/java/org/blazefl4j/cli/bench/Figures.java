package org.blazefl4j.cli.bench;

import java.time.Duration;
import java.util.Locale;

/** Formats numbers for people and files. */
final class Figures {

    private Figures() {}

    /** Returns milliseconds with three significant digits, down to a microsecond. */
    static String millis(Duration time) {
        return digits(toMillis(time));
    }

    static double toMillis(Duration time) {
        return time.toNanos() * 1e-6;
    }

    static double toSeconds(Duration time) {
        return time.toNanos() * 1e-9;
    }

    /** Returns a number with three significant digits and at most three decimals. */
    static String digits(double value) {
        String format = value >= 99.95 ? "%.0f" : value >= 9.995 ? "%.1f" : value >= 0.9995 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, format, value);
    }

    static String ratio(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}

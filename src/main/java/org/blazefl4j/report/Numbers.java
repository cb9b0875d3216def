package org.blazefl4j.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Numbers of pages: short for the script, or as text for people. */
public final class Numbers {

    private static final MathContext PRECISION = new MathContext(6);

    private Numbers() {}

    /** Returns numbers with six significant digits, as JSON has them: null for NaN and infinities. */
    static List<@Nullable Number> pack(double[] values) {
        return Arrays.stream(values).mapToObj(Numbers::pack).collect(Collectors.toList());
    }

    private static @Nullable Number pack(double value) {
        if (!Double.isFinite(value)) {
            return null;
        }
        double rounded = new BigDecimal(value).round(PRECISION).doubleValue();
        boolean whole = rounded == Math.rint(rounded) && Math.abs(rounded) < Integer.MAX_VALUE;
        return whole ? (Number) (int) rounded : (Number) rounded;
    }

    /** Returns text with four significant digits; a dash for NaN. */
    public static String text(double value) {
        if (!Double.isFinite(value)) {
            return Double.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
        }
        double size = Math.abs(value);
        if (value == Math.rint(value) && size < 1e9) {
            return String.format(Locale.ROOT, "%,d", (long) value);
        }
        if (size < 1e-3 || size >= 1e9) {
            return String.format(Locale.ROOT, "%.3e", value);
        }
        int decimals = Math.max(0, 3 - (int) Math.floor(Math.log10(size)));
        return String.format(Locale.ROOT, "%,." + Math.min(decimals, 4) + "f", value);
    }

    /** Returns a time as people say it, such as {@code 1 h 05 min} or {@code 3.21 s}. */
    static String time(double seconds) {
        if (!(seconds >= 120)) {
            return text(seconds) + " s";
        }
        long minutes = Math.round(seconds / 60);
        return minutes < 120
                ? String.format(Locale.ROOT, "%.1f min", seconds / 60)
                : String.format(Locale.ROOT, "%d h %02d min", minutes / 60, minutes % 60);
    }
}

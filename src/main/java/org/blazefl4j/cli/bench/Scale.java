package org.blazefl4j.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Maps values to positions along an axis. */
final class Scale {

    /** First digits of tick distances. */
    private static final double[] STEPS = {1, 2, 5, 10};

    private static final int MOST_TICKS = 6;

    private final double low;
    private final double high;
    private final boolean logarithmic;
    private final double from;
    private final double to;
    private final List<Double> ticks;

    private Scale(double low, double high, boolean logarithmic, double from, double to, List<Double> ticks) {
        this.low = low;
        this.high = high;
        this.logarithmic = logarithmic;
        this.from = from;
        this.to = to;
        this.ticks = ticks;
    }

    /**
     * Creates a linear scale from 0 to the first round number above the largest value.
     *
     * @param most the largest value, 0 or more
     * @param from the coordinate of 0
     * @param to the coordinate of the upper end
     */
    static Scale linear(double most, double from, double to) {
        double step = step(most > 0 ? most : 1);
        List<Double> ticks = new ArrayList<>();
        int count = 0;
        do {
            ticks.add(count * step);
        } while (count++ * step < most || count < 2);
        return new Scale(0, ticks.get(ticks.size() - 1), false, from, to, ticks);
    }

    private static double step(double most) {
        double power = Math.pow(10, Math.floor(Math.log10(most / MOST_TICKS)));
        for (double step : STEPS) {
            if (most / (step * power) <= MOST_TICKS) {
                return step * power;
            }
        }
        throw new AssertionError("the last step is ten times the first");
    }

    /**
     * Creates a logarithmic scale with ticks at 1, 2 and 5 times powers of ten, or only at powers of ten.
     *
     * @param least the smallest value, above 0
     * @param most the largest value
     * @param from the coordinate of the lower end
     * @param to the coordinate of the upper end
     */
    static Scale logarithmic(double least, double most, double from, double to) {
        int first = (int) Math.floor(Math.log10(least));
        int last = (int) Math.ceil(Math.log10(most));
        last = Math.max(last, first + 1);
        boolean few = last - first <= 2;
        List<Double> ticks = new ArrayList<>();
        for (int power = first; power <= last; power++) {
            ticks.add(Math.pow(10, power));
            if (few && power < last) {
                ticks.add(2 * Math.pow(10, power));
                ticks.add(5 * Math.pow(10, power));
            }
        }
        return new Scale(Math.pow(10, first), Math.pow(10, last), true, from, to, ticks);
    }

    /** Creates a logarithmic scale whose ends and ticks are given values. */
    static Scale through(List<Integer> values, double from, double to) {
        int least = values.stream().mapToInt(Integer::intValue).min().orElseThrow();
        int most = values.stream().mapToInt(Integer::intValue).max().orElseThrow();
        return new Scale(
                least,
                most,
                true,
                from,
                to,
                values.stream().map(Integer::doubleValue).toList());
    }

    /** Returns the coordinate of a value. */
    double at(double value) {
        double share = logarithmic
                ? Math.log(Math.max(value, low) / low) / Math.log(high / low)
                : (value - low) / (high - low);
        return from + share * (to - from);
    }

    /** Returns the values with tick marks. */
    List<Double> ticks() {
        return ticks;
    }

    /** Returns the label of a tick. */
    static String label(double tick) {
        String text = String.format(Locale.ROOT, "%.6f", tick);
        return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
    }
}

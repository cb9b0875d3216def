package org.blazefl4j.benchmarks;

import java.util.Arrays;
import java.util.Locale;
import org.blazefl4j.lab.Quartiles;

/**
 * A figure that was measured several times, with a baseline beside each time.
 *
 * @param name which figure of which benchmark; what is stored is found by it
 * @param unit what values and baselines are in; where it ends with {@code /s} more is better
 * @param values what was measured
 * @param baseline what the baseline is; empty if there is none
 * @param baselines what was measured beside each value; empty if there is none
 */
record Measurement(String name, String unit, double[] values, String baseline, double[] baselines) {

    Measurement {
        if (values.length == 0) {
            throw new IllegalArgumentException("nothing measured: name=" + name + ", values=0, limit=1 or more");
        }
        if (baselines.length != 0 && baselines.length != values.length) {
            throw new IllegalArgumentException("each value needs its baseline: name=" + name + ", baselines="
                    + baselines.length + ", limit=" + values.length);
        }
    }

    /** A figure without a baseline. */
    static Measurement of(String name, String unit, double... values) {
        return new Measurement(name, unit, values, "", new double[0]);
    }

    /** A figure with its baseline. */
    static Measurement of(String name, String unit, double[] values, String baseline, double[] baselines) {
        return new Measurement(name, unit, values, baseline, baselines);
    }

    boolean hasBaseline() {
        return baselines.length > 0;
    }

    boolean moreIsBetter() {
        return unit.endsWith("/s");
    }

    /** The median of the values. */
    double median() {
        return Quartiles.of(values).median();
    }

    /** Each value over its baseline. */
    double[] ratios() {
        double[] ratios = new double[baselines.length];
        Arrays.setAll(ratios, i -> values[i] / baselines[i]);
        return ratios;
    }

    /** The median of the ratios. */
    double ratio() {
        return Quartiles.of(ratios()).median();
    }

    /** A line for the terminal: medians and quartiles of all that there is. */
    String row() {
        String row = String.format(Locale.ROOT, "%-64s %s %s", name, Figures.text(values), unit);
        if (hasBaseline()) {
            row += String.format(
                    Locale.ROOT, ", %s %s, ratio %s", baseline, Figures.text(baselines), Figures.text(ratios()));
        }
        return row + ", n=" + values.length;
    }
}

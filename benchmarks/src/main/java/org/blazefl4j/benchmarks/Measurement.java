package org.blazefl4j.benchmarks;

import java.util.Arrays;
import java.util.Locale;
import org.blazefl4j.lab.Quartiles;

/**
 * A figure that was measured several times, each time beside its baseline.
 *
 * @param name the benchmark and the figure; the key of stored ratios
 * @param unit the unit of values and baselines; if it ends with {@code /s}, more is better
 * @param values the measured values
 * @param baseline the name of the baseline; empty if there is none
 * @param baselines the baseline beside each value; empty if there is none
 */
record Measurement(String name, String unit, double[] values, String baseline, double[] baselines) {

    Measurement {
        if (values.length == 0) {
            throw new IllegalArgumentException("nothing measured: name=" + name + ", values=0, limit=1 or more");
        }
        if (baselines.length != 0 && baselines.length != values.length) {
            throw new IllegalArgumentException("each value needs its baseline: name=" + name + ", baselines="
                    + baselines.length + ", expected=" + values.length);
        }
    }

    /** Creates a figure without a baseline. */
    static Measurement of(String name, String unit, double... values) {
        return new Measurement(name, unit, values, "", new double[0]);
    }

    /** Creates a figure with its baseline. */
    static Measurement of(String name, String unit, double[] values, String baseline, double[] baselines) {
        return new Measurement(name, unit, values, baseline, baselines);
    }

    boolean hasBaseline() {
        return baselines.length > 0;
    }

    boolean moreIsBetter() {
        return unit.endsWith("/s");
    }

    /** Returns the median of the values. */
    double median() {
        return Quartiles.of(values).median();
    }

    /** Returns each value over its baseline. */
    double[] ratios() {
        double[] ratios = new double[baselines.length];
        Arrays.setAll(ratios, i -> values[i] / baselines[i]);
        return ratios;
    }

    /** Returns the median of the ratios. */
    double ratio() {
        return Quartiles.of(ratios()).median();
    }

    /** Returns a line for the terminal, with medians and quartiles. */
    String row() {
        String row = String.format(Locale.ROOT, "%-64s %s %s", name, Figures.text(values), unit);
        if (hasBaseline()) {
            row += String.format(
                    Locale.ROOT, ", %s %s, ratio %s", baseline, Figures.text(baselines), Figures.text(ratios()));
        }
        return row + ", n=" + values.length;
    }
}

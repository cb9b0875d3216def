package org.blazefl4j.contrib.common;

import java.math.BigDecimal;
import java.util.List;

/** What an exact sum gives, computed in decimal numbers. */
public final class ExactMean {

    private ExactMean() {}

    /** Returns the exact sum of weighted values. */
    public static BigDecimal sum(List<? extends Number> weights, List<float[]> values, int i) {
        BigDecimal sum = BigDecimal.ZERO;
        for (int client = 0; client < weights.size(); client++) {
            BigDecimal value = new BigDecimal(values.get(client)[i]);
            sum = sum.add(value.multiply(exact(weights.get(client))));
        }
        return sum;
    }

    private static BigDecimal exact(Number weight) {
        return weight instanceof Long whole ? BigDecimal.valueOf(whole) : new BigDecimal(weight.doubleValue());
    }

    /** Returns the exact sum of weights. */
    public static BigDecimal weight(List<? extends Number> weights) {
        return weights.stream().map(ExactMean::exact).reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    /** Returns the means of weighted values: sum and weight rounded to doubles, and their quotient to a float. */
    public static float[] of(List<? extends Number> weights, List<float[]> values) {
        double weight = weight(weights).doubleValue();
        float[] means = new float[values.get(0).length];
        for (int i = 0; i < means.length; i++) {
            means[i] = (float) (sum(weights, values, i).doubleValue() / weight);
        }
        return means;
    }
}

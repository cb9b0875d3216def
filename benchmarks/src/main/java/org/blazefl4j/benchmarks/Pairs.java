package org.blazefl4j.benchmarks;

import java.util.function.DoubleSupplier;

/**
 * Two things measured in pairs, one after the other, so that both see the same machine. They take turns in being first.
 *
 * @param first the values of the one that is first in even pairs
 * @param second the values of the other
 */
record Pairs(double[] first, double[] second) {

    /**
     * Measures both.
     *
     * @param warmUps the number of pairs that go first and are not kept
     * @param pairs the number of pairs that are kept
     */
    static Pairs measure(int warmUps, int pairs, DoubleSupplier first, DoubleSupplier second) {
        Pairs measured = new Pairs(new double[pairs], new double[pairs]);
        for (int pair = -warmUps; pair < pairs; pair++) {
            int to = Math.max(pair, 0); // pair 0 overwrites the warm-ups
            if (pair % 2 == 0) {
                measured.first[to] = first.getAsDouble();
                measured.second[to] = second.getAsDouble();
            } else {
                measured.second[to] = second.getAsDouble();
                measured.first[to] = first.getAsDouble();
            }
        }
        return measured;
    }
}

package org.blazefl4j.benchmarks;

import java.util.function.DoubleSupplier;

/**
 * Two things measured side by side: one after the other in pairs, so that both see the same machine, and in turns
 * first.
 *
 * @param first what was measured of the one that is first in even pairs
 * @param second what was measured of the other
 */
record Pairs(double[] first, double[] second) {

    /**
     * Measures them.
     *
     * @param warmUps how many pairs ahead are not kept
     * @param pairs how many are
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

package org.blazefl4j.contrib.common;

import java.util.Arrays;

/** Weighted vectors that are added to a sum in one pass, by their addresses. */
final class VectorBatch {

    private long[] addresses = new long[8];
    private double[] weights = new double[8];
    private int size;

    /** Adds the vectors to a sum. */
    interface Fold {
        void add(long[] addresses, double[] weights, int size);
    }

    void add(long address, double weight) {
        if (size == addresses.length) {
            addresses = Arrays.copyOf(addresses, 2 * size);
            weights = Arrays.copyOf(weights, 2 * size);
        }
        addresses[size] = address;
        weights[size] = weight;
        size++;
    }

    /** Adds the vectors to a sum, if there are any, and forgets them. */
    void foldInto(Fold sum) {
        if (size == 0) {
            return;
        }
        try {
            sum.add(addresses, weights, size);
        } finally {
            size = 0;
        }
    }

    void clear() {
        size = 0;
    }
}

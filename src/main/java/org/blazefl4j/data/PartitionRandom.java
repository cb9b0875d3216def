package org.blazefl4j.data;

import java.util.SplittableRandom;

/**
 * Random numbers for partitioners, the same on every machine and Java version: bits of {@link SplittableRandom}, all
 * else made here in {@link StrictMath}.
 */
final class PartitionRandom {

    private final SplittableRandom bits;

    PartitionRandom(long seed) {
        this.bits = new SplittableRandom(seed);
    }

    /** Uniform over (0, 1), 53 bits. */
    double uniform() {
        return ((bits.nextLong() >>> 11) + 0.5) * 0x1p-53;
    }

    /** Uniform over 0 to bound - 1, without bias: bits beyond the last whole multiple of the bound are drawn again. */
    int below(int bound) {
        while (true) {
            int drawn = (int) (bits.nextLong() >>> 33);
            int result = drawn % bound;
            if (drawn - result + (bound - 1) >= 0) {
                return result;
            }
        }
    }

    /** Puts the elements from (included) to (excluded) into random order (Fisher, Yates). */
    void shuffle(long[] values, int from, int to) {
        for (int i = to - 1; i > from; i--) {
            int j = from + below(i - from + 1);
            long swapped = values[i];
            values[i] = values[j];
            values[j] = swapped;
        }
    }
}

package org.blazefl4j.reproducibility;

import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** Sampling of client ids. */
public final class Sampling {

    private Sampling() {}

    /**
     * Draws {@code count} of the numbers 0 to {@code population - 1} uniformly without replacement: the start of a
     * Fisher-Yates shuffle, sorted.
     *
     * @param population the number of numbers to draw from
     * @param count the number of draws
     * @param random the stream; consumes {@code count} 64-bit numbers
     * @return ascending
     * @throws IllegalArgumentException if the count is not in [0, population]
     */
    public static List<Integer> withoutReplacement(int population, int count, RandomGenerator random) {
        if (count < 0 || count > population) {
            throw new IllegalArgumentException("sample out of range: count=" + count + ", limit=[0, " + population
                    + "]; draw no more than there are");
        }
        int[] ids = IntStream.range(0, population).toArray();
        for (int i = 0; i < count; i++) {
            int j = i + below(population - i, random);
            int id = ids[i];
            ids[i] = ids[j];
            ids[j] = id;
        }
        return Arrays.stream(ids, 0, count).sorted().boxed().toList();
    }

    /** Returns a number in [0, bound). Java does not guarantee the draws of {@code nextInt(bound)}. */
    private static int below(int bound, RandomGenerator random) {
        return (int) Math.multiplyHigh(random.nextLong() >>> 1, 2L * bound);
    }
}

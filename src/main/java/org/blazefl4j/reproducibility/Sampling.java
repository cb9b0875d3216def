package org.blazefl4j.reproducibility;

import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** Sampling of client ids. */
public final class Sampling {

    private Sampling() {}

    /**
     * Draws {@code count} of the numbers 0 to {@code population - 1} without replacement, each as likely as any other:
     * the start of a Fisher-Yates shuffle, sorted.
     *
     * @param population how many numbers there are
     * @param count how many are drawn
     * @param random the stream; {@code count} numbers of 64 bits are taken
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
            swap(ids, i, i + below(population - i, random));
        }
        return Arrays.stream(ids, 0, count).sorted().boxed().toList();
    }

    /** In [0, bound); not by {@code nextInt(bound)}, whose draws Java does not promise to keep. */
    private static int below(int bound, RandomGenerator random) {
        return (int) Math.multiplyHigh(random.nextLong() >>> 1, 2L * bound);
    }

    private static void swap(int[] ids, int i, int j) {
        int id = ids[i];
        ids[i] = ids[j];
        ids[j] = id;
    }
}

package org.blazefl4j.contrib.fedavg;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Draws clients without replacement, each as likely as any other. */
final class ClientSampler {

    private ClientSampler() {}

    /**
     * Draws {@code count} of the ids 0 to {@code numClients - 1}: the start of a Fisher-Yates shuffle, sorted.
     *
     * @return ascending
     */
    static List<Integer> sample(int numClients, int count, SplittableRandom random) {
        int[] ids = IntStream.range(0, numClients).toArray();
        for (int i = 0; i < count; i++) {
            swap(ids, i, i + below(numClients - i, random));
        }
        return Arrays.stream(ids, 0, count).sorted().boxed().toList();
    }

    /** In [0, bound); not by {@code nextInt(bound)}, whose draws Java does not promise to keep. */
    private static int below(int bound, SplittableRandom random) {
        return (int) ((random.nextInt() & 0xffff_ffffL) * bound >>> 32);
    }

    private static void swap(int[] ids, int i, int j) {
        int id = ids[i];
        ids[i] = ids[j];
        ids[j] = id;
    }
}

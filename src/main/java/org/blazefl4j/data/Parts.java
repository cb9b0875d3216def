package org.blazefl4j.data;

import java.util.Arrays;

/** What the partitioners share. */
final class Parts {

    private Parts() {}

    /** Checks that there is a client, and a sample for each. */
    static void checkClients(long[] labels, int numClients) {
        if (numClients < 1 || numClients > labels.length) {
            throw new IllegalArgumentException("number of clients: numClients=" + numClients + ", limit=1 to "
                    + labels.length + " (the number of samples); change the number of clients");
        }
    }

    /** The positions 0 to n - 1. */
    static long[] positions(int n) {
        long[] result = new long[n];
        Arrays.setAll(result, i -> i);
        return result;
    }

    /**
     * Where the part begins when n elements are cut into parts whose sizes differ by one at most, larger ones first.
     */
    static int cut(int n, int parts, int part) {
        return part * (n / parts) + Math.min(part, n % parts);
    }

    /** A copy of the elements from (included) to (excluded), ascending. */
    static long[] sorted(long[] values, int from, int to) {
        long[] result = Arrays.copyOfRange(values, from, to);
        Arrays.sort(result);
        return result;
    }
}

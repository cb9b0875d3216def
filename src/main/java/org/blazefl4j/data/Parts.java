package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the partitioners share. */
final class Parts {

    private static final double LOWEST_ALPHA = 1e-6;
    private static final double HIGHEST_ALPHA = 1e6;

    private Parts() {}

    /** Checks that there is a client, and a sample for each. */
    static void checkClients(long[] labels, int numClients) {
        if (numClients < 1 || numClients > labels.length) {
            throw new IllegalArgumentException("number of clients: numClients=" + numClients + ", limit=1 to "
                    + labels.length + " (the number of samples); change numClients");
        }
    }

    /** Checks a Dirichlet distribution's concentration. */
    static void checkAlpha(double alpha) {
        if (!(alpha >= LOWEST_ALPHA && alpha <= HIGHEST_ALPHA)) {
            throw new IllegalArgumentException("Dirichlet concentration: alpha=" + alpha + ", limit=" + LOWEST_ALPHA
                    + " to " + HIGHEST_ALPHA + "; 0.1 is very uneven, 100 nearly even");
        }
    }

    /** The positions of each class's samples, ascending, in the order of the classes. */
    static List<long[]> byClass(long[] labels) {
        Map<Long, List<Long>> classes = new TreeMap<>();
        for (int i = 0; i < labels.length; i++) {
            classes.computeIfAbsent(labels[i], c -> new ArrayList<>()).add((long) i);
        }
        return classes.values().stream()
                .map(positions -> positions.stream().mapToLong(Long::longValue).toArray())
                .toList();
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

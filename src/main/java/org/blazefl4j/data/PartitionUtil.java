package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.blazefl4j.util.Arguments;

/** Checks and helpers that partitioners share. */
final class PartitionUtil {

    private static final double LOWEST_ALPHA = 1e-6;
    private static final double HIGHEST_ALPHA = 1e6;

    private PartitionUtil() {}

    /** Checks that there is at least one client, and one sample per client. */
    static void checkClients(long[] labels, int numClients) {
        Arguments.require(
                numClients >= 1 && numClients <= labels.length,
                "number of clients: numClients=" + numClients + ", limit=1 to " + labels.length
                        + " (the number of samples); change numClients");
    }

    /** Checks the concentration of a Dirichlet distribution. */
    static void checkAlpha(double alpha) {
        Arguments.require(
                alpha >= LOWEST_ALPHA && alpha <= HIGHEST_ALPHA,
                "Dirichlet concentration: alpha=" + alpha + ", limit=" + LOWEST_ALPHA + " to " + HIGHEST_ALPHA
                        + "; 0.1 is very uneven, 100 nearly even");
    }

    /** Returns the positions of each class's samples, ascending, in class order. */
    static List<long[]> byClass(long[] labels) {
        Map<Long, List<Long>> classes = new TreeMap<>();
        for (int i = 0; i < labels.length; i++) {
            classes.computeIfAbsent(labels[i], c -> new ArrayList<>()).add((long) i);
        }
        return classes.values().stream()
                .map(positions -> positions.stream().mapToLong(Long::longValue).toArray())
                .toList();
    }

    /** Cuts elements into parts whose sizes differ by at most one, larger first, and returns one part. */
    static long[] part(long[] elements, int parts, int part) {
        return Arrays.copyOfRange(elements, cut(elements.length, parts, part), cut(elements.length, parts, part + 1));
    }

    private static int cut(int n, int parts, int part) {
        return part * (n / parts) + Math.min(part, n % parts);
    }

    /** Divides a number in proportions, of which one is above 0, by cuts that are rounded to whole numbers. */
    static int[] apportion(int total, double[] proportions) {
        double largest = Arrays.stream(proportions).max().orElseThrow();
        double[] scaled =
                Arrays.stream(proportions).map(share -> share / largest).toArray(); // a sum cannot overflow then
        double sum = 0;
        for (double share : scaled) {
            sum += share;
        }
        int[] parts = new int[scaled.length];
        double reached = 0;
        int begin = 0;
        for (int i = 0; i < parts.length; i++) {
            reached += scaled[i];
            int end = (int) Math.round(total * (reached / sum));
            parts[i] = end - begin;
            begin = end;
        }
        return parts;
    }
}

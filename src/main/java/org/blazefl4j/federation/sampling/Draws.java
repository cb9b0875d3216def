package org.blazefl4j.federation.sampling;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.random.RandomGenerator;

/** Random numbers and choices whose bits no Java version changes: from {@code nextLong} and {@link StrictMath}. */
final class Draws {

    private record Key(int cid, double value) {}

    private Draws() {}

    /** Returns a multiple of 2<sup>-53</sup> in [0, 1). */
    static double unit(RandomGenerator random) {
        return (random.nextLong() >>> 11) * 0x1p-53;
    }

    /** Returns a normally distributed number, by the method of Box and Muller. */
    static double normal(RandomGenerator random) {
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - unit(random)));
        return radius * StrictMath.cos(2 * StrictMath.PI * unit(random));
    }

    /**
     * Draws clients one after another, each with a probability proportional to its weight among those that are left, by
     * the smallest of exponential keys (P. S. Efraimidis and P. G. Spirakis: Weighted random sampling with a reservoir,
     * 2006).
     *
     * @param count how many; all with weights above 0 if they are fewer
     * @param random consumes one number for each client
     * @return ascending
     */
    static List<Integer> weighted(
            List<Integer> clients, int count, IntToDoubleFunction weight, RandomGenerator random) {
        List<Key> keys = new ArrayList<>(clients.size());
        for (int cid : clients) {
            double exponential = -StrictMath.log(1 - unit(random));
            double share = weight.applyAsDouble(cid);
            if (share > 0) {
                keys.add(new Key(cid, exponential / share));
            }
        }
        keys.sort(Comparator.comparingDouble(Key::value).thenComparingInt(Key::cid));
        return ascending(keys.stream().limit(count).map(Key::cid).toList());
    }

    /** Returns the clients with the smallest values; ties go to the lower id. Ascending. */
    static List<Integer> smallest(Collection<Integer> clients, int count, IntToDoubleFunction value) {
        List<Key> keys = new ArrayList<>(clients.size());
        for (int cid : clients) {
            keys.add(new Key(cid, value.applyAsDouble(cid)));
        }
        keys.sort(Comparator.comparingDouble(Key::value).thenComparingInt(Key::cid));
        return ascending(keys.stream().limit(count).map(Key::cid).toList());
    }

    static List<Integer> ascending(Collection<Integer> clients) {
        return clients.stream().sorted().toList();
    }
}

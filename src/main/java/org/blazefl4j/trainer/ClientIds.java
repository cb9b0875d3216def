package org.blazefl4j.trainer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntToLongFunction;

/** Lists of client ids. */
final class ClientIds {

    private ClientIds() {}

    /**
     * A copy of the list.
     *
     * @param numClients how many clients there are, where that is known
     * @throws IllegalArgumentException if an id is null, negative, beyond the last client's or listed twice
     */
    static List<Integer> checked(List<Integer> cids, OptionalInt numClients) {
        Objects.requireNonNull(cids, "cids");
        Set<Integer> seen = new HashSet<>();
        for (Integer cid : cids) {
            requireClient(cid, numClients);
            if (!seen.add(cid)) {
                throw new IllegalArgumentException(
                        "client listed twice: client=" + cid + ", limit=once a round; remove the repetition");
            }
        }
        return List.copyOf(cids);
    }

    private static void requireClient(Integer cid, OptionalInt numClients) {
        if (cid == null || cid < 0) {
            throw new IllegalArgumentException(
                    "client id out of range: client=" + cid + ", limit=0; ids are not negative");
        }
        if (numClients.isPresent() && cid >= numClients.getAsInt()) {
            throw new IllegalArgumentException("no such client: client=" + cid + ", limit=0 to "
                    + (numClients.getAsInt() - 1) + "; sample clients of the federation, or make it larger");
        }
    }

    /** The same ids by size, the largest first, and by number where sizes are equal. Each size is asked for once. */
    static List<Integer> largestFirst(List<Integer> cids, OptionalInt numClients, IntToLongFunction size) {
        cids.forEach(cid -> requireClient(cid, numClients));
        Map<Integer, Long> sizes = new HashMap<>();
        cids.forEach(cid -> sizes.computeIfAbsent(cid, size::applyAsLong));
        List<Integer> ordered = new ArrayList<>(cids);
        ordered.sort(Comparator.<Integer>comparingLong(sizes::get).reversed().thenComparing(Comparator.naturalOrder()));
        return ordered;
    }
}

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
import java.util.stream.IntStream;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.jspecify.annotations.Nullable;

/** Checks what a caller gives to a round. */
final class RoundArguments {

    private RoundArguments() {}

    /**
     * Returns a copy of a list of clients.
     *
     * @param numClients the number of clients, if known
     * @throws IllegalArgumentException if an id is null, negative, beyond the last client's or listed twice
     */
    static List<Integer> clients(List<Integer> cids, OptionalInt numClients) {
        Objects.requireNonNull(cids, "cids");
        Set<Integer> seen = new HashSet<>();
        for (Integer cid : cids) {
            requireClient(cid, numClients);
            if (!seen.add(cid)) {
                throw new IllegalArgumentException(
                        "client listed twice: client=" + cid + ", expected=each client once; remove the repetition");
            }
        }
        return List.copyOf(cids);
    }

    private static void requireClient(@Nullable Integer cid, OptionalInt numClients) {
        if (cid == null || cid < 0) {
            throw new IllegalArgumentException(
                    "client id out of range: client=" + cid + ", limit=0 or more; ids are not negative");
        }
        if (numClients.isPresent() && cid >= numClients.getAsInt()) {
            throw new IllegalArgumentException("no such client: client=" + cid + ", limit=0 to "
                    + (numClients.getAsInt() - 1) + "; sample clients of the federation, or make it larger");
        }
    }

    /** Returns clients by size, largest first, then by number. Asks for each size once. */
    static List<Integer> largestFirst(List<Integer> cids, OptionalInt numClients, IntToLongFunction size) {
        Map<Integer, Long> sizes = new HashMap<>();
        for (Integer cid : cids) {
            requireClient(cid, numClients);
            sizes.computeIfAbsent(cid, size::applyAsLong);
        }
        List<Integer> ordered = new ArrayList<>(cids);
        ordered.sort(Comparator.<Integer>comparingLong(sizes::get).reversed().thenComparing(Comparator.naturalOrder()));
        return ordered;
    }

    /**
     * Returns the shards of some work.
     *
     * @throws IllegalArgumentException if the work has no name, or the number is negative
     */
    static List<Integer> shards(String work, int number) {
        Arguments.require(
                work != null && !work.isBlank(), "work is blank: work=" + work + "; give it a name, for messages");
        Arguments.require(number >= 0, "too few shards: work=" + work + ", shards=" + number + ", limit=0 or more");
        return IntStream.range(0, number).boxed().toList();
    }

    /** Rejects payloads with closed tensors, for which each client would be blamed. */
    static void requireOpen(Object payload) {
        Objects.requireNonNull(payload, "payload");
        for (TensorWalk.Found found : TensorWalk.tensors(payload)) {
            if (!Tensors.isOpen(found.tensor())) {
                throw new IllegalArgumentException("payload is closed: path=" + found.path() + ", type="
                        + payload.getClass().getName()
                        + ", expected=open tensors; close it after the round, not before");
            }
        }
    }
}

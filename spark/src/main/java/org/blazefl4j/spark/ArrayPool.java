package org.blazefl4j.spark;

import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Large arrays that are used again from round to round: a JVM's heap grows into memory whose first use costs far more
 * than to copy into it. Keeps no more than were in use at once, nor than a share of the heap, and nothing that the heap
 * is short of. Thread-safe.
 */
final class ArrayPool {

    /** Keeps nothing. */
    static final ArrayPool NONE = new ArrayPool("", 0);

    /** Smaller ones are soon made. */
    static final int LEAST_BYTES = 1 << 20;

    /** Lengths of a sum vary a little from round to round: arrays are so much longer than was asked for. */
    private static final int SPARE = 64;

    /** An array may be so much longer than what is in it. */
    private static final int MOST_SPARE = 4;

    private static final int SHARE_OF_THE_HEAP = 4;

    private static final Map<String, ArrayPool> POOLS = new ConcurrentHashMap<>();

    private final String name;
    private final long limit;
    private final List<SoftReference<byte[]>> free = new ArrayList<>();

    /**
     * Makes a pool that is not found by its name.
     *
     * @param limit the most bytes that it keeps
     */
    ArrayPool(String name, long limit) {
        this.name = name;
        this.limit = limit;
    }

    /** Returns this process's pool of a session, opened at the first call. */
    static ArrayPool open(String session) {
        return POOLS.computeIfAbsent(
                session, name -> new ArrayPool(name, Runtime.getRuntime().maxMemory() / SHARE_OF_THE_HEAP));
    }

    /** Returns this process's pool of a session; {@link #NONE} if it is not open. */
    static ArrayPool find(String session) {
        return POOLS.getOrDefault(session, NONE);
    }

    /** Forgets this process's pool of a session and what it keeps. */
    static void close(String session) {
        POOLS.remove(session);
    }

    /** Returns the session's name. */
    String name() {
        return name;
    }

    /** Returns an array of at least some length, whose elements are undefined. */
    byte[] take(int length) {
        if (length < LEAST_BYTES || limit == 0) {
            return new byte[length];
        }
        byte[] kept = takeKept(length);
        return kept != null ? kept : new byte[Math.min(Parcel.MOST_BYTES, length + length / SPARE)];
    }

    /** Returns the shortest array that fits. If none does, drops one whose place the new one takes. */
    private synchronized byte @Nullable [] takeKept(int length) {
        Optional<byte[]> found = arrays().stream()
                .filter(array -> array.length >= length && array.length - length <= length / MOST_SPARE)
                .min(Comparator.comparingInt(array -> array.length));
        Optional<byte[]> removed = found.or(() -> arrays().stream()
                .filter(array -> array.length < length && length - array.length <= length / MOST_SPARE)
                .findFirst());
        removed.ifPresent(array -> free.removeIf(each -> each.refersTo(array)));
        return found.orElse(null);
    }

    /** Takes back an array that nobody uses any more. */
    void give(byte[] array) {
        if (array.length < LEAST_BYTES || POOLS.get(name) != this && !name.isEmpty()) {
            return;
        }
        synchronized (this) {
            if (bytes() + array.length <= limit) {
                free.add(new SoftReference<>(array));
            }
        }
    }

    /** Returns how many bytes it keeps. */
    synchronized long bytes() {
        return arrays().stream().mapToLong(array -> array.length).sum();
    }

    private List<byte[]> arrays() {
        free.removeIf(each -> each.refersTo(null));
        return free.stream().map(SoftReference::get).filter(Objects::nonNull).toList();
    }
}

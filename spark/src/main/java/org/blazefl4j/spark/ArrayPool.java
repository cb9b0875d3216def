package org.blazefl4j.spark;

import java.lang.ref.SoftReference;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Large arrays that are used again from round to round: a JVM's heap grows into memory whose first use costs far more
 * than to copy into it. Keeps those that were given last, up to a limit, and nothing that the heap is short of.
 * Thread-safe.
 */
final class ArrayPool {

    /** Keeps nothing. */
    static final ArrayPool NONE = new ArrayPool(0);

    /** Enough for what a round's tasks return; more would leave Spark's own jobs less of the heap. */
    private static final int SHARE_OF_THE_HEAP = 8;

    /** This process's, for all trainers. */
    static final ArrayPool OF_PROCESS = new ArrayPool(Runtime.getRuntime().maxMemory() / SHARE_OF_THE_HEAP);

    /** The length of the longest array. */
    static final int LONGEST = Integer.MAX_VALUE - 8;

    /** Smaller ones are soon made. */
    static final int LEAST_BYTES = 1 << 20;

    /** Lengths of a sum vary a little from round to round: arrays are so much longer than was asked for. */
    private static final int SPARE = 64;

    /** An array may be so much longer than what is in it. */
    private static final int MOST_SPARE = 4;

    private final long limit;

    /** Those given last come first. */
    private final Deque<Kept> free = new ArrayDeque<>();

    /** An array and its length, since to look at an array would make it seem in use. */
    private record Kept(int length, SoftReference<byte[]> array) {}

    /**
     * Makes a pool.
     *
     * @param limit the most bytes that it keeps
     */
    ArrayPool(long limit) {
        this.limit = limit;
    }

    /** Returns an array of at least some length, whose elements are undefined. */
    byte[] take(int length) {
        if (length < LEAST_BYTES || limit == 0) {
            return new byte[length];
        }
        byte[] kept = takeKept(length);
        return kept != null ? kept : new byte[lengthWithSpare(length)];
    }

    static int lengthWithSpare(int length) {
        return (int) Math.min(LONGEST, length + (long) length / SPARE);
    }

    /** Returns the shortest array that fits. */
    private synchronized byte @Nullable [] takeKept(int length) {
        removeCleared();
        Optional<Kept> found = free.stream()
                .filter(kept -> kept.length >= length && kept.length - length <= length / MOST_SPARE)
                .min(Comparator.comparingInt(Kept::length));
        found.ifPresent(free::remove);
        return found.map(kept -> kept.array.get()).orElse(null);
    }

    /** Takes back an array that nobody uses any more. */
    synchronized void give(byte[] array) {
        if (array.length < LEAST_BYTES || array.length > limit) {
            return;
        }
        free.addFirst(new Kept(array.length, new SoftReference<>(array)));
        for (long excess = bytes() - limit; excess > 0; ) {
            excess -= free.removeLast().length;
        }
    }

    /** Returns how many bytes it keeps. */
    synchronized long bytes() {
        removeCleared();
        return free.stream().mapToLong(Kept::length).sum();
    }

    /** Forgets what it keeps. */
    synchronized void clear() {
        free.clear();
    }

    private void removeCleared() {
        free.removeIf(kept -> kept.array.refersTo(null));
    }
}

package org.blazefl4j.spark;

import java.util.ArrayDeque;
import java.util.Deque;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.core.PackageSum.Part;
import org.blazefl4j.util.ResourceStack;
import org.jspecify.annotations.Nullable;

/**
 * Sums of tasks that have ended, for tasks of later rounds: the memory of a new one costs more than to add. Keeps as
 * many as were in use at once, of the kind that was taken last. Kinds are told apart by {@code equals}, and so by that
 * of their weighting: without one, such as of a lambda, each round's is another, and its sums are new. Thread-safe; a
 * sum is one task's at a time.
 */
final class KeptSums implements AutoCloseable {

    private final Deque<Part<Object>> idle = new ArrayDeque<>();
    private @Nullable PackageSum<Object> kind;
    private boolean closed;

    /** Returns an empty sum, which the caller {@linkplain #giveBack gives back} or closes. */
    synchronized Part<Object> take(PackageSum<Object> sum) {
        if (!sum.equals(kind)) {
            closeIdle();
            kind = sum;
        }
        Part<Object> kept = idle.poll();
        return kept == null ? sum.open() : kept;
    }

    /** Takes back a sum of any packages. Closes it if it cannot be cleared, or is not needed any more. */
    void giveBack(PackageSum<Object> sum, Part<Object> part) {
        boolean kept = false;
        try {
            kept = part.clear() && keep(sum, part);
        } finally {
            if (!kept) {
                part.close();
            }
        }
    }

    private synchronized boolean keep(PackageSum<Object> sum, Part<Object> part) {
        return !closed && sum.equals(kind) && idle.offerFirst(part);
    }

    private void closeIdle() {
        try (ResourceStack resources = new ResourceStack()) {
            idle.forEach(resources::add);
        } finally {
            idle.clear();
        }
    }

    /** Closes the sums that it keeps, and keeps none from now on. */
    @Override
    public synchronized void close() {
        closed = true;
        closeIdle();
    }
}

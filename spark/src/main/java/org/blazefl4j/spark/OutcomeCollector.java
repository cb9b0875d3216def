package org.blazefl4j.spark;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.spark.Messages.Failure;
import org.blazefl4j.spark.Messages.Job;
import org.blazefl4j.spark.Messages.Outcome;
import org.blazefl4j.worker.RemoteError;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Collects what becomes of a task's clients, as bytes. Adds packages up if the round does. Thread-safe. */
final class OutcomeCollector implements AutoCloseable {

    private static final String RESULT = "result";

    private final @Nullable PackageSum<Object> sum;
    private final PackageSum.@Nullable Part<Object> part;
    private final List<Outcome> outcomes = new ArrayList<>();
    private final Map<Integer, byte[]> states = new HashMap<>();
    private final Set<Integer> nonFinite = new HashSet<>();
    private final Set<Integer> ended = new HashSet<>();
    private final KeptSums sums;
    private final ArrayPool pool;
    private final long limit;
    private long bytes;
    private boolean added;

    /**
     * Creates a collector that adds packages up, or, given no sum, returns each.
     *
     * @param sums has memory for the sum
     * @param pool has the arrays that are returned
     * @param limit the most bytes of all that is returned
     */
    OutcomeCollector(@Nullable PackageSum<Object> sum, KeptSums sums, ArrayPool pool, long limit) {
        this.sums = sums;
        this.pool = pool;
        this.limit = limit;
        this.sum = sum;
        this.part = sum == null ? null : sums.take(sum);
    }

    /**
     * Adds the packages of some clients, and closes them.
     *
     * @throws IllegalArgumentException if they are too large with those before
     */
    synchronized void add(List<Job> jobs, List<Object> uplinks) {
        try {
            if (part != null) {
                part.add(uplinks);
                added = true;
            }
            for (int i = 0; i < jobs.size(); i++) {
                Object uplink = uplinks.get(i);
                add(
                        jobs.get(i).index(),
                        part == null
                                ? Parcel.encode(RESULT, uplink, pool)
                                : Parcel.encodeWithoutTensors(RESULT, uplink, pool));
            }
        } finally {
            uplinks.forEach(TensorWalk::closeAll);
        }
    }

    private void add(int index, PooledBytes uplink) {
        byte[] state = states.remove(index);
        bytes += uplink.length() + (state == null ? 0 : state.length);
        Parcel.requireFits("results of a task", bytes, limit);
        outcomes.add(new Outcome(index, 0, uplink, state, !nonFinite.contains(index), null));
        ended.add(index);
    }

    /** Takes ownership of the state that a client kept, before its package is added. */
    synchronized void state(int index, Tensor state) {
        states.put(index, Parcel.take(state));
    }

    synchronized void nonFinite(int index) {
        nonFinite.add(index);
    }

    synchronized void failed(int index, int worker, @Nullable String reason, @Nullable Throwable cause) {
        Failure failure = new Failure(reason, cause == null ? null : RemoteError.of(cause));
        outcomes.add(new Outcome(index, worker, null, null, true, Parcel.encode("failure", failure)));
        ended.add(index);
    }

    /** Returns whether a client has ended. */
    synchronized boolean hasEnded(Job job) {
        return ended.contains(job.index());
    }

    synchronized List<Outcome> outcomes() {
        return List.copyOf(outcomes);
    }

    /** Returns the sum of the packages, cut into ranges; none if a client failed, or there is none. */
    synchronized List<byte[]> slices(int ranges) {
        if (part == null || !added || outcomes.stream().anyMatch(outcome -> outcome.failure() != null)) {
            return List.of();
        }
        Object total = part.total();
        List<Object> slices = ((PackageSum.Divisible<?>) Objects.requireNonNull(sum)).split(total, ranges);
        try {
            return slices.stream()
                    .map(slice -> Parcel.encodeSum("range of a sum", slice))
                    .toList();
        } finally {
            slices.forEach(TensorWalk::closeAll);
            TensorWalk.closeAll(total);
        }
    }

    /** Returns the sum of the packages as a {@link Parcel}, or null if there is none. */
    synchronized @Nullable PooledBytes total() {
        if (part == null || !added) {
            return null;
        }
        Object total = part.total();
        try {
            PooledBytes parcel = Parcel.encodeSum("sum of results", total, pool);
            Parcel.requireFits("results of a task", bytes + parcel.length(), limit);
            return parcel;
        } finally {
            TensorWalk.closeAll(total);
        }
    }

    @Override
    public void close() {
        if (sum != null && part != null) {
            sums.giveBack(sum, part);
        }
    }
}

package org.blazefl4j.spark;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.apache.spark.util.AccumulatorV2;
import org.jspecify.annotations.Nullable;

/**
 * Brings results of tasks to the driver where they cannot return them ({@link TaskJob}): because their output goes to
 * other tasks, or because of Spark's serializer. Spark merges an accumulator once for each task of a job, whatever it
 * repeats.
 *
 * @param <T> what a task brings
 */
final class TaskResults<T extends Serializable> extends AccumulatorV2<T, List<T>> {

    private static final long serialVersionUID = 1L;

    /** What is called at the driver, by Spark's scheduler; null elsewhere. */
    private final transient @Nullable Consumer<? super T> arrived;

    /** The result of the one task that this copy belongs to. */
    private volatile @Nullable T result;

    TaskResults(@Nullable Consumer<? super T> arrived) {
        this.arrived = arrived;
    }

    /**
     * {@inheritDoc} Always, so that the heartbeats of executors leave the result out, which tasks bring all the same.
     * They do not with {@code spark.executor.heartbeat.dropZeroAccumulatorUpdates=false}: the result is written more
     * than once then, so its arrays must be of {@link ArrayPool#NONE}.
     */
    @Override
    public boolean isZero() {
        return true;
    }

    @Override
    public AccumulatorV2<T, List<T>> copy() {
        TaskResults<T> copy = new TaskResults<>(arrived);
        copy.result = result;
        return copy;
    }

    @Override
    public void reset() {
        result = null;
    }

    @Override
    public void add(T added) {
        result = added;
    }

    @Override
    public void merge(AccumulatorV2<T, List<T>> other) {
        other.value().forEach(Objects.requireNonNull(arrived, "merged at the driver"));
    }

    @Override
    public List<T> value() {
        T now = result;
        return now == null ? List.of() : List.of(now);
    }
}

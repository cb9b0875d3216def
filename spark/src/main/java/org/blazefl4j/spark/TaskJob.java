package org.blazefl4j.spark;

import java.io.Serializable;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Arrays;
import java.util.Iterator;
import java.util.function.Consumer;
import org.apache.spark.JavaFutureActionWrapper;
import org.apache.spark.SimpleFutureAction;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.serializer.JavaSerializer;
import scala.collection.immutable.List;
import scala.collection.immutable.Nil$;
import scala.runtime.AbstractFunction0;
import scala.runtime.AbstractFunction1;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * A job of Spark's that hands over what each task returns when it ends.
 *
 * <p>Spark's Java API does so when all have ended. Its Scala API does so at once, and is called here so that it works
 * with Scala 2.12 and 2.13. It takes serializers other than Java's, though, which may refuse results or limit their
 * size; then accumulators bring them, in buffers of a few KB, which takes far longer for large results.
 */
final class TaskJob {

    private static final MethodHandle SUBMIT = submitJob();

    private TaskJob() {}

    /** What a task computes. */
    interface Task<T, R extends Serializable> extends Serializable {

        R call(Iterator<T> partition);
    }

    /** Finds a method whose parameter for partitions has another type in Scala 2.12. */
    private static MethodHandle submitJob() {
        try {
            return MethodHandles.publicLookup()
                    .unreflect(Arrays.stream(SparkContext.class.getMethods())
                            .filter(method -> method.getName().equals("submitJob"))
                            .findFirst()
                            .orElseThrow());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("no SparkContext.submitJob; expected=Spark 3.5 or 4", e);
        }
    }

    /**
     * Starts a job with a task for each partition.
     *
     * @param arrived gets each task's result once, on a thread of Spark's scheduler
     */
    static <T, R extends Serializable> JavaFutureAction<Void> start(
            JavaRDD<T> partitions, Task<T, R> task, Consumer<R> arrived) {
        if (returnsResults()) {
            return submit(partitions.rdd(), task, arrived);
        }
        TaskResults<R> results = new TaskResults<>(arrived);
        partitions.context().register(results);
        return partitions.foreachPartitionAsync(partition -> results.add(task.call(partition)));
    }

    /** Returns whether tasks return their results, rather than that accumulators bring them. */
    static boolean returnsResults() {
        return SparkEnv.get().serializer() instanceof JavaSerializer;
    }

    private static <T, R extends Serializable> JavaFutureAction<Void> submit(
            RDD<T> partitions, Task<T, R> task, Consumer<R> arrived) {
        try {
            Object action = SUBMIT.invoke(
                    partitions.sparkContext(),
                    partitions,
                    new OfPartition<>(task),
                    numbers(partitions.getNumPartitions()),
                    new Handler<>(arrived),
                    new None());
            return new JavaFutureActionWrapper<>((SimpleFutureAction<?>) action, new ToNull<>());
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("Spark takes no job: cause=" + e, e);
        }
    }

    /** Returns the numbers below a limit. */
    private static List<Object> numbers(int limit) {
        List<Object> numbers = none();
        for (int i = limit - 1; i >= 0; i--) {
            numbers = numbers.$colon$colon(i);
        }
        return numbers;
    }

    @SuppressWarnings("unchecked") // an empty list is one of anything
    private static List<Object> none() {
        return (List<Object>) (List<?>) Nil$.MODULE$;
    }

    private static final class OfPartition<T, R extends Serializable>
            extends AbstractFunction1<scala.collection.Iterator<T>, R> implements Serializable {

        private static final long serialVersionUID = 1L;

        private final Task<T, R> task;

        OfPartition(Task<T, R> task) {
            this.task = task;
        }

        @Override
        public R apply(scala.collection.Iterator<T> partition) {
            return task.call(new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return partition.hasNext();
                }

                @Override
                public T next() {
                    return partition.next();
                }
            });
        }
    }

    private static final class Handler<R> extends AbstractFunction2<Object, R, BoxedUnit> {

        private final Consumer<R> arrived;

        Handler(Consumer<R> arrived) {
            this.arrived = arrived;
        }

        @Override
        public BoxedUnit apply(Object partition, R result) {
            arrived.accept(result);
            return BoxedUnit.UNIT;
        }
    }

    private static final class None extends AbstractFunction0<BoxedUnit> {

        @Override
        public BoxedUnit apply() {
            return BoxedUnit.UNIT;
        }
    }

    private static final class ToNull<S> extends AbstractFunction1<S, Void> {

        @Override
        @SuppressWarnings("NullAway") // there is no other Void
        public Void apply(S result) {
            return null;
        }
    }
}

package org.blazefl4j.spark;

import java.io.Serializable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Iterator;
import java.util.function.Consumer;
import org.apache.spark.JavaFutureActionWrapper;
import org.apache.spark.SimpleFutureAction;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.rdd.RDD;
import scala.collection.immutable.List;
import scala.collection.immutable.Nil$;
import scala.runtime.AbstractFunction0;
import scala.runtime.AbstractFunction1;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * A job of Spark's that hands over what each task returns when it ends. Spark's Java API does so when all have ended,
 * and its accumulators cross in buffers of a few KB, which takes far longer for large results; so this is its Scala
 * API, called so that it works with Scala 2.12 and 2.13.
 */
final class TaskJob {

    private static final Method SUBMIT = Arrays.stream(SparkContext.class.getMethods())
            .filter(method -> method.getName().equals("submitJob"))
            .findFirst()
            .orElseThrow(); // its parameter for partitions has another type in Scala 2.12

    private TaskJob() {}

    /** What a task computes. */
    interface Task<T, R extends Serializable> extends Serializable {

        R call(Iterator<T> partition);
    }

    /**
     * Starts a job with a task for each partition.
     *
     * @param arrived gets each task's result once, on a thread of Spark's scheduler
     */
    static <T, R extends Serializable> JavaFutureAction<Void> start(
            RDD<T> partitions, Task<T, R> task, Consumer<R> arrived) {
        Object[] arguments = {
            partitions,
            new OfPartition<>(task),
            numbers(partitions.getNumPartitions()),
            new Handler<>(arrived),
            new None()
        };
        try {
            Object action = SUBMIT.invoke(partitions.sparkContext(), arguments);
            return new JavaFutureActionWrapper<>((SimpleFutureAction<?>) action, new ToNull<>());
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException("Spark took no job: cause=" + e.getCause(), e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(
                    "no SparkContext.submitJob: Spark="
                            + partitions.sparkContext().version() + ", expected=3.5 or 4",
                    e);
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

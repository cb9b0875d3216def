package org.blazefl4j.spark;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.spark.TaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.blazefl4j.spark.Messages.RangeResult;
import org.blazefl4j.spark.Messages.TaskResult;
import scala.Tuple2;

/**
 * What a task does: trains some clients of a round.
 *
 * @param session the trainer
 * @param ended trainers that were closed, of which the executor may not know yet
 * @param inner how executors run clients
 * @param number the number of the round's message, unique in the session
 * @param round a {@link Messages.Round} as a {@link Parcel}
 * @param ranges into how many the sum of a task is cut for other tasks; 0 if it is the driver's
 * @param inputs by task, its {@link Messages.Jobs} as a {@link Parcel}
 */
record RoundTask(
        String session,
        List<String> ended,
        SparkOptions.Inner inner,
        int number,
        Input round,
        List<SharedBlock> blocks,
        int ranges,
        List<Input> inputs)
        implements TaskJob.Task<Integer, TaskResult> {

    /** Bytes for a task, in the job itself or, if they are many, on their own. */
    sealed interface Input extends java.io.Serializable {

        byte[] bytes();

        /** In the job, which each executor reads whole. */
        record Inside(byte[] bytes) implements Input {}

        /** Apart. */
        record Apart(Broadcast<byte[]> broadcast) implements Input {

            @Override
            public byte[] bytes() {
                return broadcast.value();
            }
        }
    }

    @Override
    public TaskResult call(Iterator<Integer> partition) {
        return train(partition.next(), new ArrayList<>());
    }

    private TaskResult train(int task, List<byte[]> slices) {
        TaskContext context = TaskContext.get();
        ended.forEach(ExecutorSession::close);
        TaskResult result = ExecutorSession.of(session).run(this, task, context, slices);
        if (context.isInterrupted()) {
            throw new IllegalStateException("task was told to stop: task=" + task);
        }
        return result;
    }

    /**
     * Trains the clients of a task. Returns the ranges of their sum; none if it went to the driver.
     *
     * @param results brings the task's result, without its sum, to the driver
     */
    Iterator<Tuple2<Integer, byte[]>> cut(Iterator<Integer> partition, TaskResults<TaskResult> results) {
        int task = partition.next();
        List<byte[]> slices = new ArrayList<>();
        results.add(train(task, slices));
        return IntStream.range(0, slices.size())
                .mapToObj(range -> new Tuple2<>(task * ranges + range, slices.get(range)))
                .iterator();
    }

    /** Adds up a range of the elements of tasks' sums. */
    RangeResult merge(Iterator<Tuple2<Integer, byte[]>> slices) {
        int range = TaskContext.getPartitionId();
        Set<Integer> tasks = new HashSet<>();
        Iterator<byte[]> totals = new Iterator<>() {
            @Override
            public boolean hasNext() {
                return slices.hasNext();
            }

            @Override
            public byte[] next() {
                Tuple2<Integer, byte[]> slice = slices.next();
                tasks.add(slice._1() / ranges);
                return slice._2();
            }
        };
        return ExecutorSession.of(session).merge(this, range, totals, tasks);
    }
}

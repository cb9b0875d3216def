package org.blazefl4j.spark;

import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.VoidFunction;
import org.apache.spark.broadcast.Broadcast;

/**
 * What a task does: trains some clients of a round.
 *
 * @param session the trainer
 * @param ended trainers that were closed, of which the executor may not know yet
 * @param inner how executors run clients
 * @param number the number of the round's message, unique in the session
 * @param round a {@link Messages.Round} as a {@link Parcel}
 * @param inputs by task, its {@link Messages.Jobs} as a {@link Parcel}
 */
record RoundTask(
        String session,
        List<String> ended,
        SparkOptions.Inner inner,
        int number,
        Input round,
        List<SharedBlock> blocks,
        List<Input> inputs,
        TaskResults results)
        implements VoidFunction<Iterator<Integer>> {

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
    public void call(Iterator<Integer> partition) {
        int task = partition.next();
        TaskContext context = TaskContext.get();
        ended.forEach(ExecutorSession::close);
        results.add(ExecutorSession.of(session).run(this, task, context));
        if (context.isInterrupted()) {
            throw new IllegalStateException("task was told to stop: task=" + task);
        }
    }
}

package org.blazefl4j.spark;

import java.util.Iterator;
import org.apache.spark.api.java.function.VoidFunction;

/**
 * Frees what a trainer that is closed has in an executor.
 *
 * @param session the trainer
 */
record CloseTask(String session) implements VoidFunction<Iterator<Integer>> {

    @Override
    public void call(Iterator<Integer> partition) {
        ExecutorSession.close(session);
    }
}

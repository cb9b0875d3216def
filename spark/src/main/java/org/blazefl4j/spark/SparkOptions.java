package org.blazefl4j.spark;

import java.util.Objects;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.util.Arguments;

/**
 * How a {@link SparkClientTrainer} uses a cluster. No option changes a bit. Each {@code with} method returns a copy
 * with one other value.
 *
 * @param inner how an executor runs the clients of a task: one after another, in as many threads as the task has
 *     processors ({@code spark.task.cpus}), or in as many worker processes
 * @param clientsPerTask the most clients of a task; 0 for two tasks for each that the cluster runs at the same time
 * @param results what comes back from executors
 * @param driverSumBytes the most bytes of sums of a round's tasks that the driver adds up itself. Where sums take more,
 *     executors do, each a range of elements, and the driver gets one sum
 */
public record SparkOptions(Inner inner, int clientsPerTask, Results results, long driverSumBytes) {

    /** A second of 10 GbE, with which the driver adds up as fast. */
    static final long DRIVER_SUM_BYTES = 1L << 30;

    /** How an executor runs the clients of a task. */
    public enum Inner {
        /** One after another: for tasks of one processor. */
        SERIAL(ExecutionMode.SINGLE_THREADED),
        /** In threads. */
        THREADS(ExecutionMode.MULTI_THREADED),
        /** In worker processes, which isolate the executor from crashes. */
        PROCESSES(ExecutionMode.MULTI_PROCESS);

        private final ExecutionMode mode;

        Inner(ExecutionMode mode) {
            this.mode = mode;
        }

        ExecutionMode mode() {
            return mode;
        }
    }

    /** What comes back from executors. */
    public enum Results {
        /** Each client's package. */
        EACH,
        /**
         * One exact sum of a task's packages, if handler and aggregation can add up, as for means of models; else each
         * package. For models so large, or clients so many, that packages fill the driver's network. Packages reach
         * listeners without their tensors.
         */
        SUMS
    }

    public SparkOptions {
        Objects.requireNonNull(inner, "inner");
        Objects.requireNonNull(results, "results");
        Arguments.require(
                clientsPerTask >= 0,
                "clients of a task out of range: clientsPerTask=" + clientsPerTask
                        + ", limit=0 or more; 0 lets the trainer choose");
        Arguments.require(
                driverSumBytes >= 0,
                "bytes of sums out of range: driverSumBytes=" + driverSumBytes
                        + ", limit=0 or more; 0 lets executors add up all sums that can be cut");
    }

    /** Returns serial tasks that return each package. */
    public static SparkOptions defaults() {
        return new SparkOptions(Inner.SERIAL, 0, Results.EACH, DRIVER_SUM_BYTES);
    }

    public SparkOptions withInner(Inner inner) {
        return new SparkOptions(inner, clientsPerTask, results, driverSumBytes);
    }

    public SparkOptions withClientsPerTask(int clientsPerTask) {
        return new SparkOptions(inner, clientsPerTask, results, driverSumBytes);
    }

    public SparkOptions withResults(Results results) {
        return new SparkOptions(inner, clientsPerTask, results, driverSumBytes);
    }

    public SparkOptions withDriverSumBytes(long driverSumBytes) {
        return new SparkOptions(inner, clientsPerTask, results, driverSumBytes);
    }
}

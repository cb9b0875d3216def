package org.blazefl4j.spark;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.spark.TaskContext;
import org.blazefl4j.core.StopEvent;

/** Sets a stop event when Spark tells a task to end. Uses a thread, which sleeps most of the time. */
final class StopWatcher implements AutoCloseable {

    private static final long SLICE = TimeUnit.MILLISECONDS.toNanos(20);

    private final Thread thread;
    private volatile boolean closed;

    StopWatcher(TaskContext task, StopEvent stop) {
        this.thread = new Thread(
                () -> {
                    while (!closed) {
                        if (task.isInterrupted()) {
                            stop.set();
                            return;
                        }
                        LockSupport.parkNanos(this, SLICE);
                    }
                },
                "blazefl4j-spark-stop");
        thread.setDaemon(true);
        thread.start();
    }

    /** Ends the thread, and waits for it. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

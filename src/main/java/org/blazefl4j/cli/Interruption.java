package org.blazefl4j.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a run end in its own time when the JVM is told to end, by Ctrl-C or SIGTERM: asks it to stop, then waits until
 * it has written its results and ended its workers. The JVM itself sees to the exit code, 130 or 143.
 */
final class Interruption implements AutoCloseable {

    /** Longer than a trainer takes to close; then the process ends all the same. */
    private static final long PATIENCE_SECONDS = 15;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook = new Thread(this::end, "blazefl4j-interruption");
    private volatile Runnable stop;

    /** Watches until it is closed. */
    Interruption() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * From now on the JVM waits for the run to end; before, it has nothing to lose.
     *
     * @param stop asks the run to end early; called by another thread, once
     */
    void stopBy(Runnable stop) {
        this.stop = stop;
    }

    private void end() {
        if (stop == null) {
            return;
        }
        stop.run();
        try {
            ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The run has ended: the JVM need not wait for it any longer. */
    @Override
    public void close() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the JVM is ending, and the hook runs
        }
    }
}

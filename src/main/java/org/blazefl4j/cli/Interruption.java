package org.blazefl4j.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a run end in its own time when the JVM is told to end, by Ctrl-C or SIGTERM: asks it to stop, then waits until
 * it has written its results. The JVM itself sees to the exit code, 130 or 143.
 */
final class Interruption implements AutoCloseable {

    /** Longer than a trainer takes to close; then the process ends all the same. */
    private static final long PATIENCE_SECONDS = 15;

    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook;
    private volatile boolean requested;

    private Interruption(Runnable stop) {
        this.hook = new Thread(() -> end(stop), "blazefl4j-interruption");
    }

    /**
     * Watches until it is closed.
     *
     * @param stop asks the run to end early; called by another thread, once
     */
    static Interruption watch(Runnable stop) {
        Interruption interruption = new Interruption(stop);
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    /** Whether the JVM was told to end. */
    boolean isRequested() {
        return requested;
    }

    private void end(Runnable stop) {
        requested = true;
        stop.run();
        try {
            done.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The run has ended: the JVM need not wait for it any longer. */
    @Override
    public void close() {
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the JVM is ending: the hook runs
        }
    }
}

package org.blazefl4j.cli.console;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.blazefl4j.util.ResourceStack;
import org.jspecify.annotations.Nullable;

/**
 * Stops a run cleanly when the JVM is told to end by Ctrl-C, SIGTERM or SIGHUP: asks it to stop, then waits until it
 * has written its results and ended its workers. A run that has not started never starts, and what its preparation
 * created is closed. The JVM itself sets the exit code: 130, 143 or 129.
 */
public final class Interruption implements AutoCloseable {

    /** Longer than a trainer takes to close; afterwards the process ends anyway. */
    private static final long TIMEOUT_SECONDS = 15;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook = new Thread(this::end, "blazefl4j-interruption");
    private final ResourceStack preparation = new ResourceStack();
    private @Nullable Runnable stop;
    private boolean cancelled;

    /** Starts watching, until closed. */
    public Interruption() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * Closes a resource if the JVM is told to end before the run starts; the last one added first.
     *
     * @param resource created by the preparation; the caller closes it too, possibly at the same time
     */
    public synchronized <T extends AutoCloseable> T closing(T resource) {
        return preparation.add(resource);
    }

    /**
     * Starts the run: from now on the JVM waits for its end. Does not return if the JVM is already ending.
     *
     * @param stop asks the run to stop; called at most once, by another thread
     */
    public synchronized void stopBy(Runnable stop) {
        this.stop = stop;
        while (cancelled) {
            try {
                wait();
            } catch (InterruptedException e) {
                // keep waiting for the JVM to end
            }
        }
    }

    private void end() {
        Runnable started = startedOrCancel();
        if (started == null) {
            return;
        }
        started.run();
        try {
            ended.await(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns what stops the run; cancels a run that has not started, and returns null. */
    private synchronized @Nullable Runnable startedOrCancel() {
        cancelled = stop == null;
        if (cancelled) {
            try {
                preparation.close();
            } catch (RuntimeException e) {
                // the process is ending: nothing else can be done
            }
        }
        return stop;
    }

    /** Ends the run, so that the JVM no longer waits for it. */
    @Override
    public void close() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the JVM is ending and runs the hook
        }
    }
}

package org.blazefl4j.cli.console;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a run end in its own time when the JVM is told to end, by Ctrl-C, SIGTERM or SIGHUP: asks it to stop, then waits
 * until it has written its results and ended its workers. A run that has not begun by then never begins, and what its
 * start made is taken away. The JVM itself sees to the exit code, 130, 143 or 129.
 */
public final class Interruption implements AutoCloseable {

    /** Longer than a trainer takes to close; then the process ends all the same. */
    private static final long PATIENCE_SECONDS = 15;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook = new Thread(this::end, "blazefl4j-interruption");
    private final Deque<AutoCloseable> starting = new ArrayDeque<>();
    private Runnable stop;
    private boolean gaveUp;

    /** Watches until it is closed. */
    public Interruption() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * Has something closed if the JVM is told to end before the run begins, what comes last first.
     *
     * @param resource what a start makes; the caller closes it all the same, perhaps at the same time
     */
    public synchronized <T extends AutoCloseable> T givingUp(T resource) {
        starting.push(resource);
        return resource;
    }

    /**
     * The run begins: from now on the JVM waits for it to end. Does not return if the JVM ends already.
     *
     * @param stop asks the run to end early; called by another thread, once
     */
    public synchronized void stopBy(Runnable stop) {
        this.stop = stop;
        while (gaveUp) {
            waitForTheEnd();
        }
    }

    private void waitForTheEnd() {
        try {
            wait();
        } catch (InterruptedException e) {
            // nothing else is left to do
        }
    }

    private void end() {
        if (giveUpUnlessBegun()) {
            return;
        }
        stop.run();
        try {
            ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean giveUpUnlessBegun() {
        gaveUp = stop == null;
        while (gaveUp && !starting.isEmpty()) {
            try {
                starting.pop().close();
            } catch (Exception e) {
                // the process ends; what cannot be taken away stays
            }
        }
        return gaveUp;
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

package org.blazefl4j.worker;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Controls access to a trainer: one thread at a time runs a round, and any thread may close the trainer. Closing waits
 * for running clients, at most for the grace time and a second. Thread-safe.
 */
public final class TrainerLifecycle {

    private static final Duration AFTER_GRACE = Duration.ofSeconds(1);

    private final long closeNanos;
    private final AtomicReference<@Nullable Thread> caller = new AtomicReference<>();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch closeDone = new CountDownLatch(1);
    private volatile boolean closed;
    private volatile long closeDeadline;

    /**
     * Creates the lifecycle of an open trainer.
     *
     * @param grace the time that clients have to end when told to
     */
    public TrainerLifecycle(Duration grace) {
        this.closeNanos = grace.plus(AFTER_GRACE).toNanos();
    }

    /**
     * Records that the current thread begins to use the trainer.
     *
     * @param round the current round, or else the next one, from 0
     * @throws IllegalStateException if a round is running
     */
    public void enter(int round) {
        Thread current = Thread.currentThread();
        Thread other = caller.compareAndExchange(null, current);
        if (other != null) {
            throw new IllegalStateException(
                    "a round is running: round=" + (round + 1) + ", expected=one call at a time; "
                            + (other == current
                                    ? "this is called from its own sink or listener"
                                    : "thread=" + other.getName() + " is in localProcess")
                            + "; wait until it returns, or use a second trainer");
        }
    }

    public void leave() {
        caller.set(null);
    }

    /**
     * Checks that the trainer is open.
     *
     * @throws IllegalStateException if it is closed
     */
    public void requireOpen(int round) {
        if (closed) {
            throw new IllegalStateException("trainer is closed: round=" + (round + 1L) + "; make a new trainer");
        }
    }

    /** Returns whether the trainer is closed. Its clients may still run. */
    public boolean isClosed() {
        return closed;
    }

    /** Returns whether the trainer was closed so long ago that running clients are given up. */
    public boolean closeIsOverdue() {
        return closed && nanosToClose() <= 0;
    }

    /** Returns the time until running clients are given up, in nanoseconds. Call it once closed. */
    public long nanosToClose() {
        return closeDeadline - System.nanoTime();
    }

    /**
     * Closes the trainer. A second call waits for the first, unless the first waits for the current thread.
     *
     * @param free ends the workers and frees their resources
     * @param isWorker whether the current thread runs clients
     */
    public void close(Runnable free, boolean isWorker) {
        long deadline = System.nanoTime() + closeNanos;
        if (!closing.compareAndSet(false, true)) {
            if (!isWorker && caller.get() != Thread.currentThread()) {
                awaitClose();
            }
            return;
        }
        closeDeadline = deadline;
        closed = true;
        try {
            free.run();
        } finally {
            closeDone.countDown();
        }
    }

    private void awaitClose() {
        try {
            closeDone.await(closeNanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

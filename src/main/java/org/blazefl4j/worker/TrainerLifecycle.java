package org.blazefl4j.worker;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Who may use a trainer: one thread at a time runs a round, and any thread closes the trainer, once. Clients that run
 * when it is closed are waited for until the grace time and a second have passed. Thread-safe.
 */
public final class TrainerLifecycle {

    private static final Duration AFTER_GRACE = Duration.ofSeconds(1);

    private final long closeNanos;
    private final AtomicReference<Thread> caller = new AtomicReference<>();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch closeDone = new CountDownLatch(1);
    private volatile boolean closed;
    private volatile long closeDeadline;

    /**
     * Of a trainer that is open.
     *
     * @param grace how long clients may take to end when told
     */
    public TrainerLifecycle(Duration grace) {
        this.closeNanos = grace.plus(AFTER_GRACE).toNanos();
    }

    /**
     * The current thread begins to use the trainer.
     *
     * @param round the round that runs, or else the next one, from 0
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

    /** The current thread has ended its use. */
    public void leave() {
        caller.set(null);
    }

    /**
     * Makes sure that the trainer is open.
     *
     * @throws IllegalStateException if it is closed
     */
    public void requireOpen(int round) {
        if (closed) {
            throw new IllegalStateException("trainer is closed: round=" + (round + 1L) + "; make a new trainer");
        }
    }

    /** Whether the trainer is closed, be it that its clients have yet to end. */
    public boolean isClosed() {
        return closed;
    }

    /** Whether the trainer was closed so long ago that clients that have not ended are given up. */
    public boolean closeIsOverdue() {
        return closed && nanosToClose() <= 0;
    }

    /** The time until clients that have not ended are given up, in nanoseconds; once closed. */
    public long nanosToClose() {
        return closeDeadline - System.nanoTime();
    }

    /**
     * Closes the trainer. The second time it waits for the first to end, unless the current thread is one that the
     * first waits for.
     *
     * @param free ends the workers and frees what they used
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

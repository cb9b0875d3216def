package org.blazefl4j.worker;

import java.time.Duration;
import org.blazefl4j.core.StopEvent;
import org.jspecify.annotations.Nullable;

/**
 * The stop event of one client with a time limit: set when all clients must stop, and when this client's time is up.
 * Fails the client if this event or its interrupt stopped it, because the result may be partial. Created by the
 * client's thread when its time starts.
 */
final class TimedStopEvent implements StopEvent, ClientGuard {

    private final StopEvent all;
    private final long limitNanos;
    private final Thread thread = Thread.currentThread();
    private final long start = System.nanoTime();
    private volatile boolean reported;
    private volatile boolean interrupted;
    private boolean over;

    /** Starts the time. */
    TimedStopEvent(StopEvent all, long limitNanos) {
        this.all = all;
        this.limitNanos = limitNanos;
    }

    @Override
    public void set() {
        all.set();
    }

    @Override
    public void clear() {
        all.clear();
    }

    @Override
    public boolean isSet() {
        if (all.isSet()) {
            return true;
        }
        boolean late = System.nanoTime() - start > limitNanos;
        reported |= late;
        return late;
    }

    /** Returns the time until the client must be interrupted. */
    long nanosToInterrupt(long graceNanos) {
        return start + limitNanos + graceNanos - System.nanoTime();
    }

    /** Interrupts the client, once, if it still runs. */
    synchronized void interrupt() {
        if (!over && !interrupted) {
            interrupted = true;
            thread.interrupt();
        }
    }

    boolean isInterrupted() {
        return interrupted;
    }

    /** Returns whether the interrupt flag of a thread may have been set by this object. */
    boolean interrupts(Thread other) {
        return interrupted && thread == other;
    }

    /**
     * Clears the interrupt flag, unless the client threw {@link InterruptedException}: one set then is not from here.
     */
    @Override
    public void end(ClientJob job, @Nullable Throwable thrown) {
        synchronized (this) {
            over = true;
        }
        if (interrupted && !(thrown instanceof InterruptedException)) {
            Thread.interrupted();
        }
        if ((reported || interrupted) && !all.isSet()) {
            throw new IllegalStateException(
                    job.noun() + " was stopped because it exceeded its time limit: " + job.name() + ", limit="
                            + Duration.ofNanos(limitNanos)
                            + "; raise the time limit, or give the " + job.noun() + " less to do",
                    thrown);
        }
    }
}

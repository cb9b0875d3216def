package org.blazefl4j.worker;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.blazefl4j.core.StopEvent;

/**
 * The stop event of one client under a time limit: set when all clients are to stop, and when this one's time is over,
 * which it finds out by the clock. Remembers whether it said so, for then the client may have returned a part of its
 * result.
 */
final class TimedStopEvent implements StopEvent {

    private final StopEvent all;
    private final long limitNanos;
    private final long start = System.nanoTime();
    private volatile boolean told;

    /**
     * The time begins.
     *
     * @param all what stops all clients
     */
    TimedStopEvent(StopEvent all, long limitNanos) {
        this.all = all;
        this.limitNanos = limitNanos;
    }

    /** Stops all clients: a client's own time cannot be ended by hand. */
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
        boolean over = System.nanoTime() - start > limitNanos;
        told |= over;
        return over;
    }

    /**
     * Runs the client.
     *
     * @param overtime interrupts it if it goes on
     * @throws IllegalStateException if the client was told, by this event or by an interrupt, that its time is over
     */
    <T> T during(ClientJob job, ClientTimeouts overtime, Callable<T> client) throws Exception {
        ClientTimeouts.Running shift = overtime.begin();
        T result;
        try {
            result = client.call();
        } catch (Throwable thrown) {
            requireInTime(job, overtime.end(shift, thrown), thrown);
            throw thrown;
        }
        requireInTime(job, overtime.end(shift, null), null);
        return result;
    }

    private void requireInTime(ClientJob job, boolean interrupted, Throwable thrown) {
        if ((told || interrupted) && !all.isSet()) {
            throw new IllegalStateException(
                    job.noun() + " was stopped, for it ran longer than its time limit: " + job.name() + ", limit="
                            + Duration.ofNanos(limitNanos)
                            + "; raise the time limit, or give the " + job.noun() + " less to do",
                    thrown);
        }
    }
}

package org.blazefl4j.worker;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.blazefl4j.core.StopEvent;

/**
 * The stop event of one client with a time limit: set when all clients must stop, and when this client's time is up.
 * Remembers whether the client saw the latter, because its result may be partial then.
 */
final class TimedStopEvent implements StopEvent {

    private final StopEvent all;
    private final long limitNanos;
    private final long start = System.nanoTime();
    private volatile boolean reported;

    /**
     * Starts the time.
     *
     * @param all the stop event of all clients
     */
    TimedStopEvent(StopEvent all, long limitNanos) {
        this.all = all;
        this.limitNanos = limitNanos;
    }

    /** Stops all clients. */
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
        reported |= over;
        return over;
    }

    /**
     * Runs the client.
     *
     * @param timeouts interrupts the client if it continues
     * @throws IllegalStateException if this event or an interrupt told the client that its time was up
     */
    <T> T during(ClientJob job, ClientTimeouts timeouts, Callable<T> client) throws Exception {
        ClientTimeouts.Running running = timeouts.begin();
        T result;
        try {
            result = client.call();
        } catch (Throwable thrown) {
            requireInTime(job, timeouts.end(running, thrown), thrown);
            throw thrown;
        }
        requireInTime(job, timeouts.end(running, null), null);
        return result;
    }

    private void requireInTime(ClientJob job, boolean interrupted, Throwable thrown) {
        if ((reported || interrupted) && !all.isSet()) {
            throw new IllegalStateException(
                    job.noun() + " was stopped because it exceeded its time limit: " + job.name() + ", limit="
                            + Duration.ofNanos(limitNanos)
                            + "; raise the time limit, or give the " + job.noun() + " less to do",
                    thrown);
        }
    }
}

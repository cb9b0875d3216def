package org.blazefl4j.worker;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.blazefl4j.util.Uninterruptibles;
import org.jspecify.annotations.Nullable;

/**
 * Interrupts clients in threads of this process that exceed their time limit and the grace time. Uses one thread, which
 * sleeps while no client runs. (The supervisor kills worker processes instead.)
 */
public final class ClientTimeouts implements AutoCloseable {

    /** Longer than the thread needs to notice that this is closed. */
    private static final long LAST_LOOK_MILLIS = 1000;

    private final long graceNanos;
    private final Set<TimedStopEvent> clients = ConcurrentHashMap.newKeySet();
    private final @Nullable Thread watch;
    private volatile boolean asleep;
    private volatile boolean closed;

    private ClientTimeouts(Duration grace, boolean watched) {
        this.graceNanos = grace.toNanos();
        this.watch = watched ? new Thread(this::watch, "blazefl4j-timeouts") : null;
    }

    /** Returns an object that interrupts no client and has no thread. */
    public static ClientTimeouts unwatched() {
        return new ClientTimeouts(Duration.ZERO, false);
    }

    /** Starts to interrupt clients that exceed their time limit by a grace time. */
    public static ClientTimeouts after(Duration grace) {
        ClientTimeouts timeouts = new ClientTimeouts(grace, true);
        if (timeouts.watch != null) {
            timeouts.watch.setDaemon(true);
            timeouts.watch.start();
        }
        return timeouts;
    }

    /** Runs a client whose time has begun. */
    <T> T during(TimedStopEvent time, ClientJob job, Callable<T> client) throws Exception {
        if (watch == null) {
            return time.during(job, client);
        }
        clients.add(time);
        if (asleep) {
            LockSupport.unpark(watch);
        }
        try {
            return time.during(job, client);
        } finally {
            clients.remove(time);
        }
    }

    /** Returns whether a thread's interrupt flag may have been set because of its client's time limit. */
    public boolean interrupts(Thread thread) {
        return clients.stream().anyMatch(client -> client.interrupts(thread));
    }

    private void watch() {
        while (!closed) {
            long left = Long.MAX_VALUE;
            for (TimedStopEvent client : clients) {
                long nanos = client.nanosToInterrupt(graceNanos);
                if (nanos <= 0) {
                    client.interrupt();
                } else {
                    left = Math.min(left, nanos);
                }
            }
            rest(left);
        }
    }

    private void rest(long nanos) {
        if (nanos < Long.MAX_VALUE) {
            LockSupport.parkNanos(this, nanos);
            return;
        }
        asleep = true;
        if (!closed && clients.stream().allMatch(TimedStopEvent::isInterrupted)) {
            LockSupport.park(this);
        }
        asleep = false;
    }

    /** Ends the thread. */
    @Override
    public void close() {
        closed = true;
        if (watch != null) {
            LockSupport.unpark(watch);
            Uninterruptibles.join(watch, LAST_LOOK_MILLIS);
        }
    }
}

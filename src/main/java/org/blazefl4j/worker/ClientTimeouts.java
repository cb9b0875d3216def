package org.blazefl4j.worker;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.blazefl4j.util.Uninterruptibles;

/**
 * Interrupts clients in threads of this process that go on after their time limit and the grace time, by a thread of
 * its own that sleeps while there are none. (Worker processes are killed instead, by the supervisor.)
 */
public final class ClientTimeouts implements AutoCloseable {

    /** More than the thread needs to see that it is closed. */
    private static final Duration LAST_LOOK = Duration.ofSeconds(1);

    private final long patienceNanos;
    private final Set<Running> shifts = ConcurrentHashMap.newKeySet();
    private final Thread watch;
    private volatile boolean asleep;
    private volatile boolean closed;

    /** One client in its thread. */
    static final class Running {
        private final Thread thread = Thread.currentThread();
        private final long end;
        private boolean over;
        private volatile boolean interrupted;

        Running(long end) {
            this.end = end;
        }

        private synchronized void interrupt() {
            if (!over && !interrupted) {
                interrupted = true;
                thread.interrupt();
            }
        }

        private synchronized boolean end() {
            over = true;
            return interrupted;
        }
    }

    private ClientTimeouts(long patienceNanos, boolean watched) {
        this.patienceNanos = patienceNanos;
        this.watch = watched ? new Thread(this::watch, "blazefl4j-overtime") : null;
    }

    /** One that interrupts nobody, and has no thread. */
    public static ClientTimeouts unwatched() {
        return new ClientTimeouts(0, false);
    }

    /**
     * One that interrupts clients.
     *
     * @param patience how long a client may train, the grace time included
     */
    public static ClientTimeouts after(Duration patience) {
        ClientTimeouts overtime = new ClientTimeouts(patience.toNanos(), true);
        overtime.watch.setDaemon(true);
        overtime.watch.start();
        return overtime;
    }

    /** The current thread begins a client. */
    Running begin() {
        if (watch == null) {
            return null;
        }
        Running shift = new Running(System.nanoTime() + patienceNanos);
        shifts.add(shift);
        if (asleep) {
            LockSupport.unpark(watch);
        }
        return shift;
    }

    /**
     * The current thread has ended its client. True if it was interrupted; it is so no more, unless somebody else has
     * interrupted it after the client had heeded: one that throws {@link InterruptedException} has taken the flag.
     *
     * @param thrown what the client threw; null if it returned
     */
    boolean end(Running shift, Throwable thrown) {
        if (shift == null) {
            return false;
        }
        boolean interrupted = shift.end();
        if (interrupted && !(thrown instanceof InterruptedException)) {
            Thread.interrupted(); // the client's business
        }
        shifts.remove(shift);
        return interrupted;
    }

    /** Whether a thread's interrupt flag may be set because its client's time is over. */
    public boolean interrupts(Thread thread) {
        return shifts.stream().anyMatch(shift -> shift.thread == thread && shift.interrupted);
    }

    private void watch() {
        while (!closed) {
            long now = System.nanoTime();
            long left = Long.MAX_VALUE;
            for (Running shift : shifts) {
                if (shift.end - now <= 0) {
                    shift.interrupt();
                } else {
                    left = Math.min(left, shift.end - now);
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
        if (!closed && shifts.stream().allMatch(shift -> shift.interrupted)) {
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
            Uninterruptibles.join(watch, LAST_LOOK.toMillis());
        }
    }
}

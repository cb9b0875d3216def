package org.blazefl4j.worker;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.blazefl4j.util.Uninterruptibles;

/**
 * Interrupts clients in threads of this process that exceed their time limit and the grace time. Uses one thread, which
 * sleeps while no client runs. (The supervisor kills worker processes instead.)
 */
public final class ClientTimeouts implements AutoCloseable {

    /** Longer than the thread needs to notice that this is closed. */
    private static final Duration LAST_LOOK = Duration.ofSeconds(1);

    private final long limitNanos;
    private final Set<Running> clients = ConcurrentHashMap.newKeySet();
    private final Thread watch;
    private volatile boolean asleep;
    private volatile boolean closed;

    /** A running client. */
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

    private ClientTimeouts(long limitNanos, boolean watched) {
        this.limitNanos = limitNanos;
        this.watch = watched ? new Thread(this::watch, "blazefl4j-timeouts") : null;
    }

    /** Returns an object that interrupts no client and has no thread. */
    public static ClientTimeouts unwatched() {
        return new ClientTimeouts(0, false);
    }

    /**
     * Starts to interrupt clients.
     *
     * @param limit the time limit of clients plus the grace time
     */
    public static ClientTimeouts after(Duration limit) {
        ClientTimeouts timeouts = new ClientTimeouts(limit.toNanos(), true);
        timeouts.watch.setDaemon(true);
        timeouts.watch.start();
        return timeouts;
    }

    /** Records that the current thread begins a client. */
    Running begin() {
        if (watch == null) {
            return null;
        }
        Running client = new Running(System.nanoTime() + limitNanos);
        clients.add(client);
        if (asleep) {
            LockSupport.unpark(watch);
        }
        return client;
    }

    /**
     * Records that the current thread has ended its client. Returns whether this object interrupted it, and clears the
     * flag, unless the client threw {@link InterruptedException}: a flag set then comes from elsewhere.
     *
     * @param thrown the client's exception, or null
     */
    boolean end(Running client, Throwable thrown) {
        if (client == null) {
            return false;
        }
        boolean interrupted = client.end();
        if (interrupted && !(thrown instanceof InterruptedException)) {
            Thread.interrupted(); // set for the client
        }
        clients.remove(client);
        return interrupted;
    }

    /** Returns whether a thread's interrupt flag may have been set because of its client's time limit. */
    public boolean interrupts(Thread thread) {
        return clients.stream().anyMatch(client -> client.thread == thread && client.interrupted);
    }

    private void watch() {
        while (!closed) {
            long now = System.nanoTime();
            long left = Long.MAX_VALUE;
            for (Running client : clients) {
                if (client.end - now <= 0) {
                    client.interrupt();
                } else {
                    left = Math.min(left, client.end - now);
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
        if (!closed && clients.stream().allMatch(client -> client.interrupted)) {
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

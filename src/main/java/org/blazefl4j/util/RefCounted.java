package org.blazefl4j.util;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/**
 * Reference-counts the users of a resource; the last one to leave frees it. The owner counts as a user until it closes,
 * after which no other can enter.
 */
public final class RefCounted {

    private final Runnable free;
    private final CountDownLatch freed = new CountDownLatch(1);
    private int users = 1;
    private boolean closed;

    /** Creates a count with the owner as the only user. */
    public RefCounted(Runnable free) {
        this.free = free;
    }

    /** Adds a user. Returns false if the owner has closed. */
    public synchronized boolean enter() {
        if (!closed) {
            users++;
        }
        return !closed;
    }

    /** Removes a user, once for each time that {@link #enter()} returned true. */
    public void leave() {
        if (isLast()) {
            try {
                free.run();
            } finally {
                freed.countDown();
            }
        }
    }

    private synchronized boolean isLast() {
        users--;
        return users == 0;
    }

    /** Removes the owner and lets no other user enter. Calling it again has no effect. */
    public void close() {
        boolean first;
        synchronized (this) {
            first = !closed;
            closed = true;
        }
        if (first) {
            leave();
        }
    }

    /** Waits until the resource is freed. Returns false if the time was too short. */
    public boolean awaitFreed(Duration limit) {
        return Uninterruptibles.await(freed, limit);
    }
}

package org.blazefl4j.util;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/**
 * Counts who is inside something that must not be freed under their feet. The owner closes it: then nobody new gets in,
 * and whoever leaves last, the owner included, frees it.
 */
public final class RefCounted {

    private final Runnable free;
    private final CountDownLatch freed = new CountDownLatch(1);
    private int tenants = 1;
    private boolean closed;

    /** The owner is inside. */
    public RefCounted(Runnable free) {
        this.free = free;
    }

    /** Goes in. False if it is closed. */
    public synchronized boolean enter() {
        if (!closed) {
            tenants++;
        }
        return !closed;
    }

    /** Leaves, after {@link #enter()} returned true. */
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
        tenants--;
        return tenants == 0;
    }

    /** The owner leaves. Does nothing the second time. */
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

    synchronized boolean isClosed() {
        return closed;
    }

    /** Whether all was freed within the time. */
    public boolean awaitFreed(Duration limit) {
        return Uninterruptibles.await(freed, limit);
    }
}

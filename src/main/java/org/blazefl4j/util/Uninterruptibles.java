package org.blazefl4j.util;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits that an interrupt does not cut short; the thread's interrupt flag is kept. */
public final class Uninterruptibles {

    private interface Wait {
        boolean upTo(long nanos) throws InterruptedException;
    }

    private Uninterruptibles() {}

    /** Whether the thread has ended within the time. */
    public static boolean join(Thread thread, long millis) {
        return through(Duration.ofMillis(millis), nanos -> {
            TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(nanos, 1));
            return !thread.isAlive();
        });
    }

    /** Whether the latch was open within the time. */
    public static boolean await(CountDownLatch latch, Duration limit) {
        return through(limit, nanos -> latch.await(nanos, TimeUnit.NANOSECONDS));
    }

    /** Whether the process has ended within the time. */
    public static boolean exit(Process process, Duration limit) {
        return through(limit, nanos -> process.waitFor(nanos, TimeUnit.NANOSECONDS));
    }

    private static boolean through(Duration limit, Wait wait) {
        long end = System.nanoTime() + limit.toNanos();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return wait.upTo(Math.max(0, end - System.nanoTime()));
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

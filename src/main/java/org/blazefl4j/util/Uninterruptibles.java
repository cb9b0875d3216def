package org.blazefl4j.util;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/** Waits that ignore interrupts and restore the interrupt flag at the end. */
public final class Uninterruptibles {

    private interface Wait {
        boolean upTo(long nanos) throws InterruptedException;
    }

    private Uninterruptibles() {}

    /** Waits for a thread to end. Returns false if the time was too short. */
    public static boolean join(Thread thread, long millis) {
        return through(Duration.ofMillis(millis), nanos -> {
            TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(nanos, 1));
            return !thread.isAlive();
        });
    }

    /** Waits for a latch to open. Returns false if the time was too short. */
    public static boolean await(CountDownLatch latch, Duration limit) {
        return through(limit, nanos -> latch.await(nanos, TimeUnit.NANOSECONDS));
    }

    /** Waits for the threads of a pool that was shut down to end. Returns false if the time was too short. */
    public static boolean end(ExecutorService pool, Duration limit) {
        return through(limit, nanos -> pool.awaitTermination(nanos, TimeUnit.NANOSECONDS));
    }

    /** Waits for a process to end. Returns false if the time was too short. */
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

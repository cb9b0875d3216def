package org.blazefl4j.trainer;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waiting that an interrupt does not cut short; the thread's interrupt flag is put back afterwards. */
final class Uninterruptibly {

    /** Waits once; true when there is nothing left to wait for. */
    @FunctionalInterface
    private interface Wait {
        boolean once() throws InterruptedException;
    }

    private Uninterruptibly() {}

    static void await(CountDownLatch latch) {
        repeat(() -> {
            latch.await();
            return true;
        });
    }

    /** Waits for a thread's end until {@code deadline} on the clock of {@link System#nanoTime}. */
    static void join(Thread thread, long deadline) {
        repeat(() -> {
            long left = deadline - System.nanoTime();
            if (left > 0) {
                TimeUnit.NANOSECONDS.timedJoin(thread, left);
            }
            return true;
        });
    }

    private static void repeat(Wait wait) {
        boolean interrupted = false;
        try {
            boolean done = false;
            while (!done) {
                try {
                    done = wait.once();
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

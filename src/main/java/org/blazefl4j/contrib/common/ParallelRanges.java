package org.blazefl4j.contrib.common;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.blazefl4j.util.Uninterruptibles;

/**
 * Runs the same work on every element of a vector, in ranges that the calling thread and this object's threads take one
 * after another. The work on an element must not depend on its range, so that threads change no result.
 *
 * <p>Threads start when there is enough work, and end after a second without work or at {@link #close()}. Used by one
 * thread at a time.
 */
final class ParallelRanges implements AutoCloseable {

    /** The longest range; with its sums it fits into a core's second-level cache. */
    private static final long MOST = 1 << 15;

    /** Ranges begin at its multiples: at blocks of {@link ExactSum}. */
    private static final long LEAST = ExactSum.BLOCK;

    /** Reads below which another thread costs more than it saves: some 200 µs of a core's time. */
    private static final long WORTH_A_THREAD = 1 << 19;

    private static final Duration FOR_EVER = Duration.ofDays(10_000);

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private final int most;
    private final ThreadPoolExecutor others;

    /** Work on a range of elements. */
    @FunctionalInterface
    interface Work {
        void on(long from, long to);
    }

    /** Starts no thread yet; will use {@code most} threads at most, the calling one included. */
    ParallelRanges(int most) {
        this.most = most;
        this.others = new ThreadPoolExecutor(
                0,
                Math.max(1, most - 1),
                1,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                work -> {
                    Thread thread = new Thread(work, "blazefl4j-sum-" + NUMBERS.getAndIncrement());
                    thread.setDaemon(true);
                    return thread;
                },
                new ThreadPoolExecutor.DiscardPolicy()); // threads that run take the ranges
    }

    /** Runs the work on all elements, each of which costs so many reads from memory; returns when it is done. */
    void run(long elements, long cost, Work work) {
        int useful = (int) Math.min(most, elements * cost / WORTH_A_THREAD);
        if (useful <= 1) {
            work.on(0, elements);
            return;
        }
        Ranges ranges = new Ranges(elements, length(elements, useful), work);
        try {
            callOthers(useful - 1, ranges);
        } finally { // also after a failure: threads that have begun write to the caller's memory
            ranges.run();
            ranges.await();
        }
    }

    private void callOthers(int count, Ranges ranges) {
        try {
            for (int other = 0; other < count; other++) {
                others.execute(ranges);
            }
        } catch (OutOfMemoryError noMoreThreads) {
            // threads that run take the ranges
        }
    }

    /** Returns a length that gives each thread several ranges, so that a slow thread does not delay the others. */
    private static long length(long elements, int threads) {
        long even = elements / (4L * threads) / LEAST * LEAST;
        return Math.max(LEAST, Math.min(MOST, even));
    }

    @Override
    public void close() {
        others.shutdown();
        Uninterruptibles.end(others, FOR_EVER);
    }

    /** The ranges of one call. A thread that comes late finds nothing to do. */
    private static final class Ranges implements Runnable {

        private final long elements;
        private final long length;
        private final Work work;
        private final AtomicLong next = new AtomicLong();
        private final CountDownLatch left;
        private final AtomicReference<Throwable> failure = new AtomicReference<>();

        Ranges(long elements, long length, Work work) {
            this.elements = elements;
            this.length = length;
            this.work = work;
            this.left = new CountDownLatch(Math.toIntExact((elements + length - 1) / length));
        }

        @Override
        public void run() {
            long from = next.getAndAdd(length);
            while (from < elements) {
                try {
                    work.on(from, Math.min(from + length, elements));
                } catch (RuntimeException | Error e) {
                    failure.compareAndSet(null, e);
                } finally {
                    left.countDown();
                }
                from = next.getAndAdd(length);
            }
        }

        void await() {
            Uninterruptibles.await(left, FOR_EVER); // other threads write to the caller's memory until they are done
            Throwable thrown = failure.get();
            if (thrown instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            if (thrown instanceof Error error) {
                throw error;
            }
        }
    }
}

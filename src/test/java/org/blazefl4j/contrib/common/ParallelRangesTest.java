package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ParallelRangesTest {

    private static final int MUCH = 1 << 21;

    private final ParallelRanges ranges = new ParallelRanges(3);

    @AfterEach
    void close() {
        ranges.close();
    }

    @Property(tries = 100)
    void shouldDoTheWorkOnEachElementOnce(
            @ForAll @IntRange(min = 1, max = 5) int threads,
            @ForAll @IntRange(min = 0, max = 300_000) int elements,
            @ForAll @IntRange(min = 1, max = 100) int cost) {
        AtomicIntegerArray done = new AtomicIntegerArray(elements);
        try (ParallelRanges ranges = new ParallelRanges(threads)) {
            ranges.run(elements, cost, (from, to) -> {
                for (long i = from; i < to; i++) {
                    done.incrementAndGet((int) i);
                }
            });
        }
        for (int i = 0; i < elements; i++) {
            assertThat(done.get(i)).isEqualTo(1);
        }
    }

    /** Waits until the given number of threads have begun. */
    private static void meet(CountDownLatch threads, Set<Thread> met) {
        if (met.add(Thread.currentThread())) {
            threads.countDown();
            awaitUninterrupted(threads);
        }
    }

    @Test
    void shouldUseNoMoreThreadsThanAsked() {
        Set<Thread> met = ConcurrentHashMap.newKeySet();
        try (ParallelRanges alone = new ParallelRanges(1)) {
            alone.run(MUCH, 1, (from, to) -> met.add(Thread.currentThread()));
        }
        assertThat(met).containsExactly(Thread.currentThread());
    }

    @Test
    void shouldUseAllThreadsForMuchWorkAndEndThemWhenClosed() {
        Set<Thread> met = ConcurrentHashMap.newKeySet();
        CountDownLatch threads = new CountDownLatch(3);

        ranges.run(MUCH, 1, (from, to) -> meet(threads, met));
        ranges.close();

        assertThat(met).hasSize(3).contains(Thread.currentThread());
        met.remove(Thread.currentThread());
        assertThat(met).allSatisfy(thread -> {
            assertThat(thread.getName()).startsWith("blazefl4j-sum-");
            assertThat(thread.isDaemon()).isTrue();
            thread.join(10_000); // the thread has left the pool and ends soon
            assertThat(thread.isAlive()).isFalse();
        });
    }

    @Test
    void shouldDoLittleWorkOnTheCallingThread() {
        Set<Thread> met = ConcurrentHashMap.newKeySet();

        ranges.run(62_006, 5, (from, to) -> met.add(Thread.currentThread()));

        assertThat(met).containsExactly(Thread.currentThread());
    }

    /** Another thread works until the calling thread waits for it. */
    @Test
    void shouldFinishTheWorkWhenInterruptedAndStayInterrupted() {
        Thread caller = Thread.currentThread();
        CountDownLatch otherBegan = new CountDownLatch(1);
        AtomicLong done = new AtomicLong();

        caller.interrupt();
        ranges.run(MUCH, 1, (from, to) -> {
            if (Thread.currentThread() != caller) {
                otherBegan.countDown();
                while (caller.getState() != Thread.State.TIMED_WAITING) {
                    Thread.onSpinWait();
                }
            } else {
                awaitUninterrupted(otherBegan);
            }
            done.addAndGet(to - from);
        });

        assertThat(Thread.interrupted()).isTrue();
        assertThat(done.get()).isEqualTo(MUCH);
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldPassOnExceptionsFromAnyThread() {
        IllegalStateException thrown = new IllegalStateException("broken");

        assertThatThrownBy(() -> ranges.run(MUCH, 1, (from, to) -> {
                    if (to == MUCH) {
                        throw thrown;
                    }
                }))
                .isSameAs(thrown);
        assertThatThrownBy(() -> ranges.run(1, 1, (from, to) -> {
                    throw thrown;
                }))
                .isSameAs(thrown);
    }
}

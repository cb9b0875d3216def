package org.blazefl4j.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

final class BareLoopsTest {

    private final Map<Thread, Integer> trained = new ConcurrentHashMap<>();
    private final List<Thread> closed = new CopyOnWriteArrayList<>();

    private class Counting implements BareLoop {

        private final Thread maker = Thread.currentThread();

        @Override
        public void trainClient(BooleanSupplier stop) {
            assertThat(Thread.currentThread()).isSameAs(maker);
            trained.merge(maker, 1, Integer::sum);
        }

        @Override
        public void close() {
            assertThat(Thread.currentThread()).isSameAs(maker);
            closed.add(maker);
        }
    }

    @Test
    void shouldDivideClientsAndCloseEachLoopInItsThread() {
        try (BareLoops loops = new BareLoops(3, Counting::new)) {
            assertThat(loops.run(8, () -> false)).isGreaterThan(Duration.ZERO);
        }

        assertThat(trained.values()).containsExactlyInAnyOrder(3, 3, 2);
        assertThat(closed).containsExactlyInAnyOrderElementsOf(trained.keySet());
    }

    @Test
    void shouldSkipTheRestOnceStopped() {
        AtomicInteger looks = new AtomicInteger();
        try (BareLoops loops = new BareLoops(1, Counting::new)) {
            loops.run(1000, () -> looks.incrementAndGet() > 5);
        }

        assertThat(trained.values()).containsExactly(5);
    }

    @Test
    void shouldCloseCreatedLoopsIfOneFailsToOpen() {
        AtomicInteger made = new AtomicInteger();

        assertThatThrownBy(() -> new BareLoops(2, () -> {
                    if (made.incrementAndGet() == 2) {
                        throw new IllegalArgumentException("no memory");
                    }
                    return new Counting();
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no memory");
        assertThat(closed).hasSize(1);
    }

    @Test
    void shouldCloseEachLoopEvenIfOneFails() {
        AtomicInteger made = new AtomicInteger();
        BareLoops loops = new BareLoops(
                3,
                () -> made.incrementAndGet() > 1
                        ? new Counting()
                        : new Counting() {
                            @Override
                            public void close() {
                                throw new IllegalStateException("broken");
                            }
                        });

        assertThatThrownBy(loops::close).hasMessageContaining("broken");
        assertThat(closed).hasSize(2);
    }
}

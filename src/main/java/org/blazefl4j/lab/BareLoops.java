package org.blazefl4j.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.util.ResourceStack;
import org.jspecify.annotations.Nullable;

/** Runs one bare loop per thread; the threads divide a round's clients among them and run at the same time. */
final class BareLoops implements AutoCloseable {

    private final List<Lane> lanes = new ArrayList<>();
    private final ResourceStack resources = new ResourceStack();

    /**
     * Starts the threads.
     *
     * @param threads the number of threads, 1 or more
     * @param maker makes the loop of a thread, on that thread
     */
    BareLoops(int threads, Supplier<? extends BareLoop> maker) {
        try {
            for (int i = 0; i < threads; i++) {
                Lane lane = resources.add(new Lane(i));
                lanes.add(lane);
                lane.make(maker);
            }
        } catch (Throwable failure) {
            close();
            throw failure;
        }
    }

    /**
     * Does the work of one round.
     *
     * @param stop checked before each client and step; the remaining work is skipped once it returns true
     * @return the time of the slowest thread, not counting its wake-up
     */
    Duration run(int clients, BooleanSupplier stop) {
        AtomicInteger missing = new AtomicInteger(lanes.size());
        List<CompletableFuture<Long>> times = lanes.stream()
                .map(lane -> {
                    int share = clients / lanes.size() + (lane.index < clients % lanes.size() ? 1 : 0);
                    return lane.submit(() -> lane.run(share, missing, stop));
                })
                .toList();
        return Duration.ofNanos(
                times.stream().mapToLong(BareLoops::result).max().orElseThrow());
    }

    /** Closes every loop, even if another one fails to close. */
    @Override
    public void close() {
        resources.close();
    }

    private static <T> T result(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw new IllegalStateException("bare loop failed: " + e.getCause(), e.getCause());
        }
    }

    /** One thread and its loop. */
    private static final class Lane implements AutoCloseable {

        private final int index;
        private final ExecutorService thread;
        private @Nullable BareLoop loop;

        Lane(int index) {
            this.index = index;
            this.thread = Executors.newSingleThreadExecutor(task -> {
                Thread made = new Thread(task, "blazefl4j-bare-" + index);
                made.setDaemon(true);
                return made;
            });
        }

        void make(Supplier<? extends BareLoop> maker) {
            loop = result(submit(maker));
        }

        <T> CompletableFuture<T> submit(Supplier<T> work) {
            return CompletableFuture.supplyAsync(work, thread);
        }

        long run(int clients, AtomicInteger missing, BooleanSupplier stop) {
            try (IntraOpThreads scope = IntraOpThreads.scope(1)) {
                missing.decrementAndGet();
                while (missing.get() > 0) {
                    Thread.onSpinWait();
                    Thread.yield();
                }
                BareLoop made = Objects.requireNonNull(loop, "make() comes first");
                long start = System.nanoTime();
                for (int client = 0; client < clients && !stop.getAsBoolean(); client++) {
                    made.trainClient(stop);
                }
                return System.nanoTime() - start;
            }
        }

        @Override
        public void close() {
            try {
                if (loop != null) {
                    result(CompletableFuture.runAsync(loop::close, thread));
                }
            } finally {
                thread.shutdown();
            }
        }
    }
}

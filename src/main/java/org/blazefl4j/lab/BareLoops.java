package org.blazefl4j.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.blazefl4j.torch.IntraOpThreads;

/** A bare loop in each of some threads; they share out the clients of a round and do their work at the same time. */
final class BareLoops implements AutoCloseable {

    private final List<Lane> lanes = new ArrayList<>();

    /**
     * Starts the threads.
     *
     * @param threads how many, 1 or more
     * @param maker makes the loop of a thread, on that thread
     */
    BareLoops(int threads, Supplier<? extends BareLoop> maker) {
        try {
            for (int i = 0; i < threads; i++) {
                Lane lane = new Lane(i);
                lanes.add(lane);
                lane.make(maker);
            }
        } catch (Throwable failure) {
            close();
            throw failure;
        }
    }

    /**
     * Does the work of a round.
     *
     * @param stop looked at before each client and step; the rest is left once it says so
     * @return how long the slowest thread took, waking up left out
     */
    Duration run(int clients, BooleanSupplier stop) {
        AtomicInteger missing = new AtomicInteger(lanes.size());
        List<Future<Long>> times = new ArrayList<>();
        for (Lane lane : lanes) {
            int share = clients / lanes.size() + (lane.index < clients % lanes.size() ? 1 : 0);
            times.add(lane.thread.submit(() -> lane.run(share, missing, stop)));
        }
        return Duration.ofNanos(
                times.stream().mapToLong(BareLoops::result).max().orElseThrow());
    }

    /** Closes all, also if one of them does not close. */
    @Override
    public void close() {
        close(0);
    }

    private void close(int first) {
        if (first < lanes.size()) {
            try {
                lanes.get(first).close();
            } finally {
                close(first + 1);
            }
        }
    }

    private static <T> T result(Future<T> future) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("bare loop failed: " + e.getCause(), e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** One thread and its loop. */
    private static final class Lane {

        private final int index;
        private final ExecutorService thread;
        private BareLoop loop;

        Lane(int index) {
            this.index = index;
            this.thread = Executors.newSingleThreadExecutor(task -> {
                Thread made = new Thread(task, "blazefl4j-bare-" + index);
                made.setDaemon(true);
                return made;
            });
        }

        void make(Supplier<? extends BareLoop> maker) {
            call(() -> loop = maker.get());
        }

        long run(int clients, AtomicInteger missing, BooleanSupplier stop) {
            try (IntraOpThreads scope = IntraOpThreads.scope(1)) {
                missing.decrementAndGet();
                while (missing.get() > 0) {
                    Thread.onSpinWait();
                    Thread.yield();
                }
                long start = System.nanoTime();
                for (int client = 0; client < clients && !stop.getAsBoolean(); client++) {
                    loop.trainClient(stop);
                }
                return System.nanoTime() - start;
            }
        }

        void close() {
            try {
                call(() -> {
                    if (loop != null) {
                        loop.close();
                    }
                    return null;
                });
            } finally {
                thread.shutdown();
            }
        }

        private <T> T call(Callable<T> work) {
            return result(thread.submit(work));
        }
    }
}

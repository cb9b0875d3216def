package org.blazefl4j.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.util.ResourceStack;

/** Runs one bare loop per thread; the threads divide a round's clients among them and run at the same time. */
final class BareLoops implements AutoCloseable {

    private record Lane(ExecutorService thread, BareLoop loop) {}

    private final List<Lane> lanes = new ArrayList<>();
    private final ResourceStack resources = new ResourceStack();

    /**
     * Starts the threads.
     *
     * @param maker makes the loop of a thread, on that thread
     */
    BareLoops(int threads, Supplier<? extends BareLoop> maker) {
        try {
            for (int i = 0; i < threads; i++) {
                String name = "blazefl4j-bare-" + i;
                ExecutorService thread = Executors.newSingleThreadExecutor(task -> daemon(task, name));
                resources.add(thread::shutdown);
                BareLoop loop = result(CompletableFuture.supplyAsync(maker, thread));
                resources.add(() -> result(CompletableFuture.runAsync(loop::close, thread)));
                lanes.add(new Lane(thread, loop));
            }
        } catch (Throwable failure) {
            close();
            throw failure;
        }
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Does the work of one round.
     *
     * @param stop checked before each client and step; the remaining work is skipped once it returns true
     * @return the time of the slowest thread, not counting its wake-up
     */
    Duration run(int clients, BooleanSupplier stop) {
        AtomicInteger missing = new AtomicInteger(lanes.size());
        List<CompletableFuture<Long>> times = new ArrayList<>();
        for (Lane lane : lanes) {
            int share = clients / lanes.size() + (times.size() < clients % lanes.size() ? 1 : 0);
            times.add(CompletableFuture.supplyAsync(() -> time(lane.loop, share, missing, stop), lane.thread));
        }
        return Duration.ofNanos(
                times.stream().mapToLong(BareLoops::result).max().orElseThrow());
    }

    private static long time(BareLoop loop, int clients, AtomicInteger missing, BooleanSupplier stop) {
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

    private static <T> T result(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw new IllegalStateException("bare loop failed: " + e.getCause(), e.getCause());
        }
    }

    /** Closes every loop, even if another one fails to close. */
    @Override
    public void close() {
        resources.close();
    }
}

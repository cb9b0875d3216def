package org.blazefl4j.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.blazefl4j.binding.Native;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Makes the copies that an empty round cannot do without, and nothing else. As many threads as the round has workers
 * start together, share the clients, and copy the same parameters into a buffer for each client. Where packages are
 * collected, each client has its own buffer, since all results exist at the end; where they stream, each thread reuses
 * one.
 */
final class CopyBaseline implements AutoCloseable {

    private static final long LEAST_BYTES = 256_000_000;
    private static final int ATTEMPTS = 4;

    private final int floats;
    private final int clients;
    private final int workers;
    private final FloatPointer source;
    private final List<FloatPointer> targets = new ArrayList<>();

    /**
     * Touches all memory and starts the threads.
     *
     * @param collected whether each client has its own buffer
     */
    CopyBaseline(int floats, int clients, int workers, boolean collected) {
        this.floats = floats;
        this.clients = clients;
        this.workers = workers;
        source = touched(floats);
        for (int i = 0; i < (collected ? clients : workers); i++) {
            targets.add(touched(floats));
        }
    }

    private static FloatPointer touched(int floats) {
        FloatPointer pointer = new FloatPointer(floats);
        Pointer.memset(pointer, 1, 4L * floats);
        return pointer;
    }

    /**
     * Returns the nanoseconds that the copies of a round take, from the common start to the last end, in the fastest of
     * several attempts: the first one warms the memory, and in any of them the system may run two threads on one core.
     * An attempt repeats short rounds and takes their mean.
     */
    double nanos() throws InterruptedException {
        int passes = (int) Math.max(1, LEAST_BYTES / (4L * floats * clients));
        long fastest = Long.MAX_VALUE;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            fastest = Math.min(fastest, copy(passes));
        }
        return (double) fastest / passes;
    }

    private long copy(int passes) throws InterruptedException {
        AtomicInteger missing = new AtomicInteger(workers);
        long[] nanos = new long[workers];
        List<Thread> threads = new ArrayList<>();
        for (int worker = 0; worker < workers; worker++) {
            int first = worker;
            threads.add(new Thread(() -> nanos[first] = copyShare(first, passes, missing)));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        return LongStream.of(nanos).max().orElseThrow();
    }

    /** Waits for the other threads, then makes this thread's copies in all passes. */
    private long copyShare(int first, int passes, AtomicInteger missing) {
        missing.decrementAndGet();
        while (missing.get() > 0) {
            Thread.onSpinWait(); // one that sleeps here may wake on the core of another
        }
        long begin = System.nanoTime();
        for (int pass = 0; pass < passes; pass++) {
            for (int client = first; client < clients; client += workers) {
                copyFor(client);
            }
        }
        return System.nanoTime() - begin;
    }

    private void copyFor(int client) {
        Native.copy(targets.get(client % targets.size()).address(), source.address(), 4L * floats);
    }

    @Override
    public void close() {
        source.close();
        targets.forEach(Pointer::close);
    }
}

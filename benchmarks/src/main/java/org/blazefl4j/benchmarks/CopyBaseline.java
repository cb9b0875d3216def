package org.blazefl4j.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.blazefl4j.binding.Native;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The copies that an empty round cannot do without, and nothing else: as many threads as workers, all at once, share
 * out the clients, and copy the same parameters for each of them into a buffer. Where packages are collected each
 * client has a buffer of its own, for all are there in the end; where they stream each thread uses one again and again.
 */
final class CopyBaseline implements AutoCloseable {

    private final int floats;
    private final int clients;
    private final int workers;
    private final FloatPointer source;
    private final List<FloatPointer> targets = new ArrayList<>();
    private final ExecutorService threads;
    private final CyclicBarrier start;
    private final AtomicLong begin = new AtomicLong();

    /**
     * Touches all memory and starts the threads.
     *
     * @param collected whether each client has a buffer of its own
     */
    CopyBaseline(int floats, int clients, int workers, boolean collected) {
        this.floats = floats;
        this.clients = clients;
        this.workers = workers;
        source = touched(floats);
        for (int i = 0; i < (collected ? clients : workers); i++) {
            targets.add(touched(floats));
        }
        threads = Executors.newFixedThreadPool(workers);
        start = new CyclicBarrier(workers, () -> begin.set(System.nanoTime()));
    }

    private static FloatPointer touched(int floats) {
        FloatPointer pointer = new FloatPointer(floats);
        Pointer.memset(pointer, 1, 4L * floats);
        return pointer;
    }

    /** The nanoseconds that the copies of a round take, from the common start to the last end, once all is warm. */
    long nanos() throws InterruptedException, ExecutionException {
        pass();
        return pass();
    }

    private long pass() throws InterruptedException, ExecutionException {
        List<Callable<Long>> shares = new ArrayList<>();
        for (int worker = 0; worker < workers; worker++) {
            int first = worker;
            shares.add(() -> {
                start.await();
                for (int client = first; client < clients; client += workers) {
                    copyFor(client);
                }
                return System.nanoTime();
            });
        }
        long end = Long.MIN_VALUE;
        for (var share : threads.invokeAll(shares)) {
            end = Math.max(end, share.get());
        }
        return end - begin.get();
    }

    private void copyFor(int client) {
        Native.copy(targets.get(client % targets.size()).address(), source.address(), 4L * floats);
    }

    @Override
    public void close() {
        threads.shutdown();
        source.close();
        targets.forEach(Pointer::close);
    }
}

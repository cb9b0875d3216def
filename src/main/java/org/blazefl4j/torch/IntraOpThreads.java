package org.blazefl4j.torch;

import org.blazefl4j.binding.Native;
import org.bytedeco.pytorch.global.torch;

/**
 * The number of LibTorch's intra-op threads of the calling thread.
 *
 * <p>It is part of an experiment: sums over one and over two threads differ in bits. It belongs to the thread that set
 * it, so every thread that computes sets it and then restores the old value:
 *
 * <pre>{@code
 * try (IntraOpThreads scope = IntraOpThreads.scope(1)) {
 *     // compute
 * }
 * }</pre>
 */
public final class IntraOpThreads implements AutoCloseable {

    private final Thread owner = Thread.currentThread();
    private final int previous;
    private boolean closed;

    private IntraOpThreads(int previous) {
        this.previous = previous;
    }

    /**
     * Sets the calling thread's number of intra-op threads until the scope is closed.
     *
     * @param threads the number, at least 1
     */
    public static IntraOpThreads scope(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException(
                    "intra-op threads: threads=" + threads + ", limit=1 or more; give 1 unless one client is large");
        }
        IntraOpThreads scope = new IntraOpThreads(current());
        set(threads);
        return scope;
    }

    /** Returns the calling thread's number of intra-op threads. */
    public static int current() {
        LibTorch.load();
        return torch.get_num_threads();
    }

    /**
     * Restores the thread's previous value.
     *
     * @throws IllegalStateException if called by another thread
     */
    @Override
    public void close() {
        if (Thread.currentThread() != owner) {
            throw new IllegalStateException("intra-op threads closed by another thread: thread="
                    + Thread.currentThread().getName() + ", expected=" + owner.getName()
                    + "; close the scope where it was opened");
        }
        if (!closed) {
            closed = true;
            set(previous);
        }
    }

    /** Sets the number by OpenMP: LibTorch's setter would also change threads that first use LibTorch later. */
    static void set(int threads) {
        if (torch.get_num_threads() != threads && Native.openmpSetThreads(threads) != 0) {
            torch.set_num_threads(threads);
        }
    }
}

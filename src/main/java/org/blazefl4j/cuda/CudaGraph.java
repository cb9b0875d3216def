package org.blazefl4j.cuda;

import java.util.concurrent.atomic.AtomicLong;
import org.blazefl4j.binding.Native;
import org.blazefl4j.util.ErrorCollector;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.cuda.DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair;
import org.bytedeco.pytorch.global.torch_cuda;

/** A graph of LibTorch's CUDA build, for the thread that captured it, on the stream that was current then. */
final class CudaGraph implements StepGraphs.Graph {

    /**
     * LibTorch lets no two graphs begin, end or be freed at once, and neither memory be returned nor a device be waited
     * for while one captures.
     */
    static final Object LOCK = new Object();

    /** What LibTorch's users number pools of memory from would have to be reached first. */
    private static final AtomicLong LAST_POOL = new AtomicLong(1L << 40);

    /** LibTorch's allocator. Tests have others. */
    interface Pools {

        /** Ends that memory of a device comes from a pool, after a capture that did not end. */
        void end(String device, long pool);

        /** Gives up a pool whose capture did not end. */
        void release(String device, long pool);

        /** Returns memory that is kept and not used: none can be while a graph is captured, which needs memory anew. */
        void returnUnused();

        /** Waits for all work on a device, and then frees something of it. */
        void afterAll(String device, Runnable free);
    }

    private final long address;
    private final String device;
    private final Pools pools;
    private boolean freed;

    private CudaGraph(long address, String device, Pools pools) {
        this.address = address;
        this.device = device;
        this.pools = pools;
    }

    /** Captures what the calling thread queues on a device. */
    static CudaGraph capture(String device, Runnable work) {
        return capture(device, work, new LibTorchPools());
    }

    /**
     * Captures what the calling thread queues on a device. Whatever fails, the capture has ended, and the stream and
     * the device's default generator can be used.
     *
     * @throws SharedStreamException if other workers have the thread's stream
     * @throws IllegalStateException if LibTorch refuses
     * @throws RuntimeException what the work threw
     */
    static CudaGraph capture(String device, Runnable work, Pools pools) {
        synchronized (LOCK) {
            WorkerStream.requireOwn();
            pools.returnUnused();
            long pool = LAST_POOL.incrementAndGet();
            long address = Native.cudaGraphBegin(pool);
            if (address < 0) {
                IllegalStateException refusal = refusal("begin", (int) address);
                endPool(device, pool, pools, refusal);
                captureNothing(device, pools, refusal);
                throw refusal;
            }
            try {
                work.run();
                check("end", Native.cudaGraphEnd(address));
            } catch (Throwable thrown) {
                boolean ended = Native.cudaGraphEnd(address) == 0;
                Native.cudaGraphFree(address);
                if (!ended) {
                    endPool(device, pool, pools, thrown);
                    captureNothing(device, pools, thrown);
                }
                throw thrown;
            }
            return new CudaGraph(address, device, pools);
        }
    }

    /** Does so wherever LibTorch failed, since it does not say how far it got: at most there is nothing to end. */
    private static void endPool(String device, long pool, Pools pools, Throwable failure) {
        ErrorCollector failures = new ErrorCollector();
        failures.run(() -> pools.end(device, pool));
        failures.run(() -> pools.release(device, pool)); // the first fails if only what follows a capture's end did
        failures.suppressIn(failure);
    }

    /**
     * Captures an empty graph. LibTorch lets the device's default generator be drawn from only between captures, and
     * notes the end of a capture only if it succeeds: so another must, after one that failed.
     */
    private static void captureNothing(String device, Pools pools, Throwable failure) {
        long pool = LAST_POOL.incrementAndGet();
        long empty = Native.cudaGraphBegin(pool);
        int error = empty < 0 ? (int) empty : Native.cudaGraphEnd(empty);
        if (error != 0) {
            failure.addSuppressed(refusal("begin or end", error));
        }
        if (empty >= 0) {
            Native.cudaGraphFree(empty);
        }
        if (error != 0) {
            endPool(device, pool, pools, failure);
        }
    }

    private static void check(String what, int error) {
        if (error != 0) {
            throw refusal(what, error);
        }
    }

    private static IllegalStateException refusal(String what, int error) {
        String text = Native.cudaGraphError();
        return new IllegalStateException("cannot " + what + " a graph: error=" + -error + ", found="
                + (text.isEmpty()
                        ? Native.errorText(-error)
                        : text.lines().findFirst().orElse("")));
    }

    @Override
    public void replay() {
        check("replay", Native.cudaGraphReplay(address));
    }

    /** Frees the graph and its memory, after all work of its device. Safe to call twice, and in another thread. */
    @Override
    public void close() {
        if (freed) {
            return;
        }
        freed = true;
        synchronized (LOCK) {
            if (CudaErrors.lost() == null) {
                pools.afterAll(device, () -> check("free", Native.cudaGraphFree(address)));
            } else {
                Native.cudaGraphFree(address); // as far as it can be
            }
        }
    }

    private static final class LibTorchPools implements Pools {

        /** Takes a device, and the name of a pool. */
        private interface Use {

            void accept(byte device, DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair pool);
        }

        @Override
        public void end(String device, long pool) {
            use(device, pool, torch_cuda::endAllocateToPool);
        }

        @Override
        public void release(String device, long pool) {
            use(device, pool, (index, name) -> torch_cuda.getAllocator().releasePool(index, name));
        }

        @Override
        public void returnUnused() {
            CudaMemory.release();
        }

        private static void use(String device, long pool, Use use) {
            byte index = DeviceMemory.index(device);
            try (PointerScope scope = new PointerScope()) {
                LongPointer parts = new LongPointer(0, pool);
                // JavaCPP has the class of another pair of two in its place, and passes the address on
                var name = new DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair(parts);
                use.accept(index, name);
            }
        }

        @Override
        public void afterAll(String device, Runnable free) {
            DeviceMemory.afterAll(device, free);
        }
    }
}

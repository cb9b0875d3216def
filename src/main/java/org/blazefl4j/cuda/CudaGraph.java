package org.blazefl4j.cuda;

import java.util.concurrent.atomic.AtomicLong;
import org.blazefl4j.binding.Native;
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
     * Captures what the calling thread queues on a device. Whatever fails, the capture has ended, and the stream can be
     * used.
     *
     * @throws IllegalStateException if LibTorch refuses
     * @throws RuntimeException what the work threw
     */
    static CudaGraph capture(String device, Runnable work, Pools pools) {
        synchronized (LOCK) {
            long pool = LAST_POOL.incrementAndGet();
            long address = Native.cudaGraphBegin(pool);
            if (address < 0) {
                IllegalStateException refusal = refusal("begin", (int) address);
                endPool(device, pool, pools, refusal);
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
                }
                throw thrown;
            }
            return new CudaGraph(address, device, pools);
        }
    }

    /** Does so wherever LibTorch failed, since it does not say how far it got: at most there is nothing to end. */
    private static void endPool(String device, long pool, Pools pools, Throwable failure) {
        try {
            pools.end(device, pool);
        } catch (RuntimeException | LinkageError e) {
            failure.addSuppressed(e);
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

        @Override
        public void end(String device, long pool) {
            byte index = DeviceMemory.index(device);
            try (PointerScope scope = new PointerScope()) {
                LongPointer parts = new LongPointer(0, pool);
                // JavaCPP has the class of another pair of two in its place, and passes the address on
                var name = new DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair(parts);
                torch_cuda.endAllocateToPool(index, name);
                torch_cuda.getAllocator().releasePool(index, name);
            }
        }

        @Override
        public void afterAll(String device, Runnable free) {
            DeviceMemory.afterAll(device, free);
        }
    }
}

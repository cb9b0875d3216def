package org.blazefl4j.cuda;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.blazefl4j.binding.Retained;
import org.blazefl4j.cuda.StreamLeases.Lease;
import org.blazefl4j.util.ErrorCollector;
import org.bytedeco.pytorch.AutogradState;
import org.bytedeco.pytorch.cuda.CUDAEvent;
import org.bytedeco.pytorch.cuda.CUDAStream;
import org.bytedeco.pytorch.global.torch_cuda;
import org.jspecify.annotations.Nullable;

/**
 * A worker's stream on each device that its clients compute on, so that workers of one device do not wait for each
 * other, as long as there are no more of them than LibTorch has streams. Backward passes run in the worker's thread:
 * LibTorch would have one thread for all of a device.
 *
 * <p>For one thread at a time. Streams are LibTorch's and live as long as the process; another worker may have them
 * once this is closed.
 */
final class WorkerStream implements AutoCloseable {

    private static final ThreadLocal<@Nullable Lease> CURRENT = new ThreadLocal<>();

    /** A stream of a device. Tests have others than CUDA's. */
    interface Stream {

        /** Returns the same for two objects that are one stream of a device. */
        long id();

        /** Makes it the calling thread's, and its device the current one. It waits for the stream that was. */
        void enter();

        /** Waits until all its work is done. */
        void await();

        /** Puts back the device and the stream that were. */
        void leave();

        /** Frees this object. The stream goes on. */
        void close();
    }

    /** Makes streams. */
    interface Streams {

        /** Returns whether there are devices. */
        boolean exist();

        /** Returns the next stream of a device, which others may have, too. */
        Stream create(int device);
    }

    private final Streams streams;
    private final StreamLeases leases;
    private final Map<Integer, Lease> byDevice = new HashMap<>(2);

    /** Creates a worker's streams, each when it is first needed. */
    WorkerStream() {
        this(new CudaStreams(), StreamLeases.PROCESS);
    }

    WorkerStream(Streams streams, StreamLeases leases) {
        this.streams = streams;
        this.leases = leases;
    }

    /**
     * Checks that no other worker has the stream of the calling thread. While the lock of captures is held, none will
     * have it.
     *
     * @throws SharedStreamException if another has
     */
    static void requireOwn() {
        Lease current = CURRENT.get();
        if (current != null && current.isShared()) {
            throw new SharedStreamException();
        }
    }

    /**
     * Calls a client with this worker's stream of a device as the thread's. All work of the client is done when this
     * returns or throws, so that any stream may use its memory. Only calls it where LibTorch finds no device.
     *
     * @param device the index of the client's device
     * @throws Exception what the client threw, or an error of the device
     */
    <T> T on(int device, Callable<T> client) throws Exception {
        if (!streams.exist()) {
            return client.call();
        }
        Lease lease = byDevice.computeIfAbsent(device, index -> leases.take(index, streams::create));
        Stream stream = lease.stream();
        boolean before = backwardHasThreads(false);
        Lease outer = CURRENT.get();
        try {
            stream.enter();
            CURRENT.set(lease);
            try {
                T result = called(client, stream);
                stream.await();
                return result;
            } finally {
                CURRENT.set(outer);
                stream.leave();
            }
        } finally {
            backwardHasThreads(before);
        }
    }

    /** Waits for what a client that fails has queued, too: its memory is then used by others. */
    private static <T> T called(Callable<T> client, Stream stream) throws Exception {
        try {
            return client.call();
        } catch (Throwable thrown) {
            try {
                stream.await();
            } catch (RuntimeException e) {
                CudaErrors.note(e); // who looks at the client's own exception would not see it
                thrown.addSuppressed(e);
            }
            throw thrown;
        }
    }

    /** Sets whether backward passes of this thread run in threads of LibTorch. Returns what was set. */
    private static boolean backwardHasThreads(boolean on) {
        try (AutogradState state = AutogradState.get_tls_state()) {
            boolean before = state.get_multithreading_enabled();
            state.set_multithreading_enabled(on);
            return before;
        }
    }

    /** Gives the streams to other workers. */
    @Override
    public void close() {
        ErrorCollector failures = new ErrorCollector();
        byDevice.values().forEach(lease -> failures.run(lease::giveBack));
        byDevice.clear();
        failures.throwFirst("streams of a worker");
    }

    private static final class CudaStreams implements Streams {

        @Override
        public boolean exist() {
            return CudaState.current().hasDevices();
        }

        @Override
        public Stream create(int device) {
            CUDAStream stream = Retained.free(() -> torch_cuda.getStreamFromPool(false, (byte) device));
            return new CudaStream(stream, (byte) device);
        }
    }

    private static final class CudaStream implements Stream {

        private final CUDAStream stream;
        private final byte device;
        private byte outerDevice;
        private CUDAStream outer;

        CudaStream(CUDAStream stream, byte device) {
            this.stream = stream;
            this.device = device;
            this.outer = stream;
        }

        @Override
        public long id() {
            return stream.id();
        }

        @Override
        public void enter() {
            outerDevice = torch_cuda.current_device();
            outer = Retained.free(() -> torch_cuda.getCurrentCUDAStream(device));
            torch_cuda.set_device(device);
            try (CUDAEvent event = new CUDAEvent()) {
                event.record(outer);
                event.block(stream);
            } catch (RuntimeException e) {
                torch_cuda.MaybeSetDevice(outerDevice);
                throw e;
            }
            torch_cuda.setCurrentCUDAStream(stream);
        }

        @Override
        public void await() {
            stream.synchronize();
        }

        /** Neither call reports errors of the device, which the client or the wait has reported. */
        @Override
        public void leave() {
            torch_cuda.setCurrentCUDAStream(outer);
            outer.close();
            torch_cuda.MaybeSetDevice(outerDevice);
        }

        @Override
        public void close() {
            stream.close();
        }
    }
}

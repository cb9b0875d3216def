package org.blazefl4j.cuda;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.blazefl4j.binding.CudaNative;
import org.blazefl4j.binding.Native;
import org.blazefl4j.binding.Retained;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.PointerConsumer;
import org.bytedeco.pytorch.SizeTPair;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.cuda.CUDAStream;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.bytedeco.pytorch.global.torch_cuda;

/**
 * The calls of LibTorch's CUDA build and of the native library. Those that may wait for a device wait for captures to
 * end, which they would break.
 */
final class CudaRuntime implements CudaCalls {

    private static volatile CudaCalls current = new CudaRuntime();

    private final Map<Integer, Long> sumStreams = new ConcurrentHashMap<>();

    private CudaRuntime() {}

    /** Returns the calls of this process. */
    static CudaCalls current() {
        return current;
    }

    /** Replaces the calls, for tests. Returns those before. */
    static CudaCalls replace(CudaCalls calls) {
        CudaCalls before = current;
        current = calls;
        return before;
    }

    private static final class Found {
        static final boolean DEVICES = CudaState.current().hasDevices() && Native.cudaDeviceCount() > 0;
    }

    @Override
    public boolean exist() {
        return Found.DEVICES;
    }

    @Override
    public int deviceOf(Tensor tensor) {
        if (!tensor.is_cuda()) {
            return -1;
        }
        try (Device device = tensor.device()) {
            return device.index();
        }
    }

    @Override
    public Tensor tensor(
            int device, long address, ScalarType dtype, long[] sizes, long[] strides, PointerConsumer deleter) {
        try (Device target = new Device("cuda:" + device);
                DeviceOptional place = new DeviceOptional(target);
                TensorOptions type = new TensorOptions(dtype);
                TensorOptions options = type.device(place);
                Pointer memory = new Address(address)) {
            return torch.from_blob(memory, sizes, strides, deleter, options, place);
        }
    }

    /** A pointer that does not own its memory. */
    static final class Address extends Pointer {
        Address(long address) {
            this.address = address;
        }
    }

    @Override
    public long free(int device) {
        try (SizeTPair freeAndTotal = torch_cuda.getAllocator().getMemoryInfo((byte) device)) {
            return freeAndTotal.first();
        }
    }

    @Override
    public void release() {
        CudaMemory.release();
    }

    @Override
    public long currentStream(int device) {
        try (CUDAStream stream = torch_cuda.getCurrentCUDAStream((byte) device)) {
            return address(stream);
        }
    }

    /**
     * Returns one of LibTorch's streams of high priority, which live as long as the process: those of workers are of
     * the other ones, and may be captured.
     */
    @Override
    public long sumStream(int device) {
        return sumStreams.computeIfAbsent(device, index -> {
            try (CUDAStream stream = Retained.free(() -> torch_cuda.getStreamFromPool(true, (byte) (int) index))) {
                return address(stream);
            }
        });
    }

    /** Returns the {@code cudaStream_t}, whose class builds without CUDA lack. */
    private static long address(CUDAStream stream) {
        try {
            Pointer raw = (Pointer) CUDAStream.class.getMethod("stream").invoke(stream);
            return raw == null ? 0 : raw.address();
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new IllegalStateException(
                    "stream without an address: expected=the CUDA presets of LibTorch's build; build with -Pgpu", e);
        }
    }

    @Override
    public String errorText(int error) {
        return Native.errorText(error);
    }

    @Override
    public long malloc(int device, long bytes) {
        synchronized (CudaGraph.LOCK) {
            return CudaNative.malloc(device, bytes);
        }
    }

    @Override
    public int free(long address) {
        synchronized (CudaGraph.LOCK) {
            return CudaNative.free(address);
        }
    }

    @Override
    public long freeFunction() {
        return CudaNative.freeFunction();
    }

    @Override
    public int export(long address, byte[] handle) {
        synchronized (CudaGraph.LOCK) {
            return CudaNative.export(address, handle);
        }
    }

    @Override
    public long open(int device, byte[] handle) {
        synchronized (CudaGraph.LOCK) {
            return CudaNative.open(device, handle);
        }
    }

    @Override
    public int close(long address) {
        synchronized (CudaGraph.LOCK) {
            return CudaNative.close(address);
        }
    }

    @Override
    public long closeFunction() {
        return CudaNative.closeFunction();
    }

    @Override
    public int hostRegister(long address, long bytes) {
        synchronized (CudaGraph.LOCK) {
            return CudaNative.hostRegister(address, bytes);
        }
    }

    @Override
    public int hostUnregister(long address) {
        synchronized (CudaGraph.LOCK) {
            return CudaNative.hostUnregister(address);
        }
    }

    @Override
    public int copy(long target, long source, long bytes, long stream) {
        return CudaNative.copyAsync(target, source, bytes, stream);
    }

    @Override
    public int streamAfter(int device, long stream, long other) {
        return CudaNative.streamAfter(device, stream, other);
    }

    @Override
    public int streamFinish(long stream) {
        return CudaNative.streamFinish(stream);
    }

    @Override
    public long sumBytes(long elements) {
        return CudaNative.sumBytes(elements);
    }

    @Override
    public int sumClear(long sum, long elements, long stream) {
        return CudaNative.sumClear(sum, elements, stream);
    }

    @Override
    public int sumFold(long sum, long elements, long[] x, double[] weights, int vectors, long stream) {
        return CudaNative.sumFold(sum, elements, x, weights, vectors, 0, elements, stream);
    }

    @Override
    public int sumDivide(long sum, long elements, long out, double divisor, long from, long to, long stream) {
        return CudaNative.sumDivide(sum, elements, out, divisor, from, to, stream);
    }

    @Override
    public int sumPart(long sum, long elements, int number, long out, long from, long to, long stream) {
        return CudaNative.sumPart(sum, elements, number, out, from, to, stream);
    }
}

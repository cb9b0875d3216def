package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.blazefl4j.core.Device;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.PointerConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Two devices that are not there: the native layer on {@code native/test/cuda/fake_cuda.h}, whose streams run as late
 * as they may, in random orders, and tensors of the CPU in the devices' memory. What LibTorch computes there is done at
 * once, so clients call {@link #compute(int)} first, as a device would do what it computes after what its stream waits
 * for.
 *
 * <p>As an extension of a test class, it stands in place of CUDA's devices in each test, which fails if it leaves
 * something in their memory.
 */
public final class FakeCuda implements CudaCalls, AutoCloseable, BeforeEachCallback, AfterEachCallback {

    static {
        System.load(
                Path.of("target/native/release/libfakecuda.so").toAbsolutePath().toString());
        openMemory();
    }

    public static final int DEVICES = 2;

    private static final long OUT_OF_MEMORY = -1002;

    private static final Map<Integer, Long> SUM_STREAMS = new ConcurrentHashMap<>();
    private static final Map<Long, Long> CURRENT = new ConcurrentHashMap<>();

    private CudaCalls before;
    private String memoryBefore = "";
    private volatile long free = Long.MAX_VALUE;
    private final AtomicInteger crossings = new AtomicInteger();
    private final AtomicInteger readerWaits = new AtomicInteger();
    private volatile boolean loose;
    private volatile boolean refusing;

    /** Puts the devices in place of CUDA's until they are closed. */
    public static FakeCuda install() {
        FakeCuda cuda = new FakeCuda();
        cuda.open();
        return cuda;
    }

    private void open() {
        shuffle(1);
        for (int device = 0; device < DEVICES; device++) {
            sumStream(device);
        }
        memoryBefore = memory();
        before = CudaRuntime.replace(this);
    }

    @Override
    public void beforeEach(ExtensionContext test) {
        open();
    }

    @Override
    public void afterEach(ExtensionContext test) {
        close();
    }

    /** Returns a new float tensor on a device, in memory of its own. */
    public Tensor tensor(int device, float... values) {
        Tensor tensor = DeviceSegment.vector(device, values.length);
        try (Tensor here = Tensors.of(values)) {
            tensor.copy_(here);
        }
        return tensor;
    }

    /** Limits what the devices say is free. */
    public void limit(long bytes) {
        free = bytes;
    }

    /** Lets devices have no memory from now on. */
    public void refuseMemory() {
        refusing = true;
    }

    /** Lets them have memory again. */
    public void allowMemory() {
        refusing = false;
    }

    /** Lets streams wait for nothing, for tests of this class: wrong bits must be seen. */
    public void forgetWaits() {
        loose = true;
    }

    /** Returns how many copies went to or from the host. */
    public int crossings() {
        return crossings.get();
    }

    /** Returns how often the host waited for what reads results. */
    int readerWaits() {
        return readerWaits.get();
    }

    /** Does what the calling thread's stream has been given, as before something that LibTorch computes there. */
    public void compute(int device) {
        streamFinish(currentStream(device));
    }

    /** Does the same if these devices are in place in this process and the client is on one of them. */
    public static void computeIfInstalled(Device device) {
        if (!device.isCpu() && CudaRuntime.current() instanceof FakeCuda installed) {
            installed.compute(device.index());
        }
    }

    /** Lets the nth call of a CUDA function fail. */
    public void failAt(String call, int nth, int error) {
        fail(call, nth, error);
    }

    /** Returns "nothing", or what is allocated and was not at first, such as "1 blocks, 0 events, 0 registrations". */
    public String leaked() {
        return memory().equals(memoryBefore) ? "nothing" : memory() + ", before: " + memoryBefore;
    }

    /** Puts CUDA's devices back. Fails if something is left in the memory of these. */
    @Override
    public void close() {
        failNothing();
        CudaRuntime.replace(before);
        CudaErrors.forget();
        assertThat(leaked()).isEqualTo("nothing");
    }

    // ---- what LibTorch would answer

    @Override
    public boolean exist() {
        return true;
    }

    @Override
    public int deviceOf(Tensor tensor) {
        try (Pointer data = tensor.data_ptr()) {
            return data == null ? -1 : deviceAt(data.address());
        }
    }

    @Override
    public Tensor tensor(
            int device, long address, ScalarType dtype, long[] sizes, long[] strides, PointerConsumer deleter) {
        try (TensorOptions options = new TensorOptions(dtype)) {
            return torch.from_blob(new CudaRuntime.Address(address), sizes, strides, deleter, options);
        }
    }

    @Override
    public long free(int device) {
        return free;
    }

    @Override
    public void release() {
        // LibTorch keeps nothing
    }

    /** Each thread has a stream of its own on each device, as workers have. */
    @Override
    public long currentStream(int device) {
        return CURRENT.computeIfAbsent(
                Thread.currentThread().getId() * DEVICES + device, thread -> streamCreate(device));
    }

    @Override
    public long sumStream(int device) {
        return SUM_STREAMS.computeIfAbsent(device, FakeCuda::streamCreate);
    }

    // ---- the native layer's functions

    @Override
    public String errorText(int error) {
        return text(error);
    }

    @Override
    public long malloc(int device, long bytes) {
        return refusing ? OUT_OF_MEMORY : allocate(device, bytes);
    }

    @Override
    public int free(long address) {
        return release(address);
    }

    @Override
    public long freeFunction() {
        return releaseFunction();
    }

    @Override
    public int export(long address, byte[] handle) {
        return exportMemory(address, handle);
    }

    @Override
    public long open(int device, byte[] handle) {
        return openMemoryOf(device, handle);
    }

    @Override
    public int close(long address) {
        return closeMemory(address);
    }

    @Override
    public long closeFunction() {
        return closeMemoryFunction();
    }

    @Override
    public int finishQueued(int device) {
        readerWaits.incrementAndGet();
        return loose ? 0 : CudaCalls.super.finishQueued(device);
    }

    @Override
    public int hostRegister(long address, long bytes) {
        return pin(address, bytes);
    }

    @Override
    public int hostUnregister(long address) {
        return unpin(address);
    }

    @Override
    public int copy(long target, long source, long bytes, long stream) {
        if (deviceAt(target) < 0 || deviceAt(source) < 0) {
            crossings.incrementAndGet();
        }
        return copyAsync(target, source, bytes, stream);
    }

    @Override
    public int streamAfter(int device, long stream, long other) {
        return loose ? 0 : after(device, stream, other);
    }

    @Override
    public int streamFinish(long stream) {
        return finish(stream);
    }

    @Override
    public long sumBytes(long elements) {
        return bytesOfSum(elements);
    }

    @Override
    public int sumClear(long sum, long elements, long stream) {
        return clear(sum, elements, stream);
    }

    @Override
    public int sumFold(long sum, long elements, long[] x, double[] weights, int vectors, long stream) {
        return fold(sum, elements, x, weights, vectors, stream);
    }

    @Override
    public int sumDivide(long sum, long elements, long out, double divisor, long from, long to, long stream) {
        return divide(sum, elements, out, divisor, from, to, stream);
    }

    @Override
    public int sumPart(long sum, long elements, int number, long out, long from, long to, long stream) {
        return part(sum, elements, number, out, from, to, stream);
    }

    private static native long allocate(int device, long bytes);

    private static native int release(long address);

    private static native long releaseFunction();

    private static native int exportMemory(long address, byte[] handle);

    private static native long openMemoryOf(int device, byte[] handle);

    private static native int closeMemory(long address);

    private static native long closeMemoryFunction();

    private static native int deviceAt(long address);

    private static native int pin(long address, long bytes);

    private static native int unpin(long address);

    private static native int copyAsync(long target, long source, long bytes, long stream);

    private static native int after(int device, long stream, long other);

    private static native int finish(long stream);

    private static native long bytesOfSum(long elements);

    private static native int clear(long sum, long elements, long stream);

    private static native int fold(long sum, long elements, long[] x, double[] weights, int vectors, long stream);

    private static native int divide(
            long sum, long elements, long out, double divisor, long from, long to, long stream);

    private static native int part(long sum, long elements, int number, long out, long from, long to, long stream);

    private static native String text(int error);

    private static native long streamCreate(int device);

    private static native void openMemory();

    /** Takes another order of what streams do. */
    static native void shuffle(int seed);

    private static native void fail(String call, int nth, int error);

    private static native void failNothing();

    private static native String left();

    /** Streams are those of threads, and stay. */
    private static String memory() {
        return left().replaceAll("\\d+ streams, ", "");
    }
}

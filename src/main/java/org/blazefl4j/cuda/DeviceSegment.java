package org.blazefl4j.cuda;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.blazefl4j.binding.Native;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.PointerConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Memory of a device, divided into slots of equal length. Creates tensors in the slots, and counts the LibTorch
 * storages in each, including those kept alive by views and autograd: a slot with none may be used again, once
 * {@link #awaitReaders()} was called. After {@link #close()} the memory stays until the last storage is gone. Another
 * process opens the memory by its {@link #handle()}. Thread-safe.
 */
public final class DeviceSegment implements AutoCloseable {

    /** What LibTorch's own allocator gives, and more than kernels need. */
    public static final long SLOT_ALIGNMENT = 512;

    /** By address, those that make tensors. */
    private static final ConcurrentSkipListMap<Long, DeviceSegment> OPEN = new ConcurrentSkipListMap<>();

    private static final AtomicLong GENERATIONS = new AtomicLong();

    private final CudaCalls calls;
    private final int device;
    private final int slots;
    private final long slotBytes;
    private final long address;
    private final long region;
    private @Nullable DeviceHandle handle;
    private boolean closed;

    /** The native library owns the function object, which is never freed. */
    private static final class Deleter {

        static final PointerConsumer FUNCTION = make();

        private static PointerConsumer make() {
            LibTorch.load();
            PointerConsumer function = new PointerConsumer(new CudaRuntime.Address(Native.regionDeleter()));
            return function.retainReference();
        }
    }

    /** Takes ownership of the memory, also if this fails. */
    private DeviceSegment(
            CudaCalls calls, int device, int slots, long slotBytes, long address, @Nullable DeviceHandle opened) {
        this.calls = calls;
        this.device = device;
        this.slots = slots;
        this.slotBytes = slotBytes;
        this.address = address;
        this.handle = opened;
        long end = opened == null ? calls.freeFunction() : calls.closeFunction();
        this.region = Native.regionAddWith(address, slots * slotBytes, slotBytes, end);
        if (region < 0) {
            int ended = opened == null ? calls.free(address) : calls.close(address);
            throw calls.failed("count the users of memory", device, ended < 0 ? ended : region);
        }
        OPEN.put(address, this);
    }

    /** Creates a segment for results, as {@link #create(String, int, int, long)}. */
    public static DeviceSegment create(int device, int slots, long slotBytes) {
        return create("results", device, slots, slotBytes);
    }

    /**
     * Creates a segment.
     *
     * @param what what it is for, for messages
     * @param device the index of the device
     * @param slotBytes the least length of a slot, above 0
     * @throws NoDeviceMemoryException if the device has too little memory
     */
    public static DeviceSegment create(String what, int device, int slots, long slotBytes) {
        Arguments.require(
                slots > 0 && slotBytes > 0 && slotBytes <= Long.MAX_VALUE / slots - SLOT_ALIGNMENT,
                "segment of a device: slots=" + slots + ", slot_bytes=" + slotBytes
                        + ", limit=1 or more, less than 2^63 bytes together");
        CudaCalls calls = CudaRuntime.current();
        long rounded = aligned(slotBytes);
        long memory = DeviceBlock.allocate(calls, what, device, slots * rounded);
        return new DeviceSegment(calls, device, slots, rounded, memory, null);
    }

    /**
     * Opens a segment that another process has open, and which must outlive this process or this object.
     *
     * @throws IpcRefusedException if CUDA refuses, or there are no devices in this process
     */
    public static DeviceSegment open(DeviceHandle handle) {
        CudaCalls calls = CudaRuntime.current();
        if (!calls.exist()) {
            throw new IpcRefusedException(handle.device(), "found=no devices in a worker process");
        }
        long memory = calls.open(handle.device(), handle.memory());
        if (memory < 0) {
            throw IpcRefusedException.of(calls, handle.device(), memory);
        }
        return new DeviceSegment(calls, handle.device(), handle.slots(), handle.slotBytes(), memory, handle);
    }

    /**
     * Returns the handle by which other processes open this segment while this object is open.
     *
     * @throws IpcRefusedException if CUDA refuses
     */
    public synchronized DeviceHandle handle() {
        DeviceHandle known = handle;
        if (known == null) {
            byte[] memory = new byte[DeviceHandle.MEMORY_BYTES];
            int result = calls.export(address, memory);
            if (result < 0) {
                throw IpcRefusedException.of(calls, device, result);
            }
            known = new DeviceHandle(Native.pid(), device, slots, slotBytes, GENERATIONS.incrementAndGet(), memory);
            handle = known;
        }
        return known;
    }

    /** Returns a new float vector with undefined contents, in memory of its own, which is freed with it. */
    public static Tensor vector(int device, long numel) {
        try (DeviceSegment segment = create(device, 1, numel * Float.BYTES)) {
            return segment.tensor(0, ScalarType.Float, new long[] {numel}, new long[] {1}, numel * Float.BYTES);
        }
    }

    /** Returns whether there are devices, and a native library for them. */
    public static boolean isPossible() {
        return CudaRuntime.current().exist();
    }

    /** Returns the bytes that are free on a device. */
    public static long free(int device) {
        return CudaRuntime.current().free(device);
    }

    /** Returns the device that a tensor's elements lie on, or -1 for the host. */
    public static int deviceOf(Tensor tensor) {
        return CudaRuntime.current().deviceOf(tensor);
    }

    /** Rounds up to a multiple of {@link #SLOT_ALIGNMENT}. */
    public static long aligned(long bytes) {
        return (bytes + SLOT_ALIGNMENT - 1) / SLOT_ALIGNMENT * SLOT_ALIGNMENT;
    }

    /** Returns whether an address lies in an open segment. */
    static boolean holds(long address) {
        Map.Entry<Long, DeviceSegment> below = OPEN.floorEntry(address);
        return below != null && address < below.getKey() + below.getValue().bytes();
    }

    /** Returns the index of the device. */
    public int device() {
        return device;
    }

    public int slots() {
        return slots;
    }

    public long bytes() {
        return slots * slotBytes;
    }

    public long slotBytes() {
        return slotBytes;
    }

    /** Returns the offset of an address, which may lie outside. */
    public long offsetOf(long memory) {
        return memory - address;
    }

    /** Returns where a slot begins. */
    public long offset(int slot) {
        if (slot < 0 || slot >= slots) {
            throw new IndexOutOfBoundsException(
                    "slot of a segment: slot=" + slot + ", limit=0 to " + (slots - 1) + "; count from 0");
        }
        return slot * slotBytes;
    }

    /** Returns whether a tensor uses a slot. */
    public boolean isReferenced(int slot) {
        offset(slot);
        return Native.regionReferences(region, slot) > 0;
    }

    /**
     * Lets what the calling thread queues on the device from now on wait for what may still read the segment: sums, and
     * work on the default stream. Call it before a slot is used again.
     */
    public void awaitReaders() {
        long here = calls.currentStream(device);
        calls.check("wait for sums", device, calls.streamAfter(device, here, calls.sumStream(device)));
        calls.check("wait for the default stream", device, calls.streamAfter(device, here, 0));
    }

    /**
     * Waits until what this process may read and {@link #write} on the device is done: sums, copies, and work on the
     * default stream. Call it before another process, which cannot wait for streams of this one, writes to a slot
     * again, or reads what was written.
     */
    public void finishQueued() {
        calls.check("finish what is queued", device, calls.finishQueued(device));
    }

    /**
     * Copies memory of the device to an offset, after what the calling thread has queued there, some time before
     * {@link #finishQueued} returns.
     */
    public void write(long offset, long source, long length) {
        long stream = calls.sumStream(device);
        int result = calls.streamAfter(device, stream, calls.currentStream(device));
        result = result < 0 ? result : calls.copy(address + offset, source, length, stream);
        calls.check("copy on a device", device, result);
    }

    /**
     * Creates a tensor on the bytes at an offset, without a copy. The caller owns it, and it keeps the memory.
     *
     * @param offset in the segment, a multiple of the element size
     * @param bytes of its elements, which lie in one slot, densely
     * @throws IllegalArgumentException if they do not lie in one slot
     * @throws IllegalStateException if the segment is closed
     */
    public Tensor tensor(long offset, ScalarType dtype, long[] sizes, long[] strides, long bytes) {
        Arguments.require(
                offset >= 0
                        && bytes > 0
                        && bytes <= slotBytes
                        && offset % slotBytes <= slotBytes - bytes
                        && offset < bytes(),
                "tensor in a segment of a device: offset=" + offset + ", bytes=" + bytes + ", limit=" + slotBytes
                        + " bytes in a slot, " + slots + " slots; place it inside one slot");
        if (Native.regionRetain(region, address + offset) < 0) {
            throw new IllegalStateException("tensor in a segment of a device: open=false, expected=an open segment;"
                    + " create tensors before close()");
        }
        try {
            return calls.tensor(device, address + offset, dtype, sizes, strides, Deleter.FUNCTION);
        } catch (RuntimeException | Error e) {
            Deleter.FUNCTION.call(new CudaRuntime.Address(address + offset));
            throw e;
        }
    }

    /** Closes the segment to new tensors. Live ones stay valid. Idempotent. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            OPEN.remove(address);
            synchronized (CudaGraph.LOCK) { // to free memory is to wait for its device
                Native.regionClose(region);
            }
        }
    }
}

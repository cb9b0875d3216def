package org.blazefl4j.cuda;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.blazefl4j.binding.Native;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.PointerConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Memory of a device, divided into slots of equal length. Creates tensors in the slots, and counts the LibTorch
 * storages in each, including those kept alive by views and autograd: a slot with none may be used again, once
 * {@link #awaitReaders()} was called. After {@link #close()} the memory stays until the last storage is gone.
 * Thread-safe.
 */
public final class DeviceSegment implements AutoCloseable {

    /** What LibTorch's own allocator gives, and more than kernels need. */
    public static final long SLOT_ALIGNMENT = 512;

    /** By address, those that make tensors. */
    private static final ConcurrentSkipListMap<Long, DeviceSegment> OPEN = new ConcurrentSkipListMap<>();

    private final CudaCalls calls;
    private final int device;
    private final int slots;
    private final long slotBytes;
    private final long address;
    private final long region;
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

    private DeviceSegment(CudaCalls calls, int device, int slots, long slotBytes) {
        this.calls = calls;
        this.device = device;
        this.slots = slots;
        this.slotBytes = slotBytes;
        this.address = DeviceBlock.allocate(calls, "results", device, slots * slotBytes);
        this.region = Native.regionAddWith(address, slots * slotBytes, slotBytes, calls.freeFunction());
        if (region < 0) {
            calls.free(address);
            throw calls.failed("count the users of memory", device, region);
        }
        OPEN.put(address, this);
    }

    /**
     * Creates a segment.
     *
     * @param device the index of the device
     * @param slotBytes the least length of a slot, above 0
     * @throws NoDeviceMemoryException if the device has too little memory
     */
    public static DeviceSegment create(int device, int slots, long slotBytes) {
        Arguments.require(
                slots > 0 && slotBytes > 0 && slotBytes <= Long.MAX_VALUE / slots - SLOT_ALIGNMENT,
                "segment of a device: slots=" + slots + ", slot_bytes=" + slotBytes
                        + ", limit=1 or more, less than 2^63 bytes together");
        return new DeviceSegment(CudaRuntime.current(), device, slots, aligned(slotBytes));
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

    private static long aligned(long bytes) {
        return (bytes + SLOT_ALIGNMENT - 1) / SLOT_ALIGNMENT * SLOT_ALIGNMENT;
    }

    /** Returns whether an address lies in an open segment. */
    static boolean holds(long address) {
        Map.Entry<Long, DeviceSegment> below = OPEN.floorEntry(address);
        return below != null && address < below.getKey() + below.getValue().bytes();
    }

    public int slots() {
        return slots;
    }

    public long bytes() {
        return slots * slotBytes;
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

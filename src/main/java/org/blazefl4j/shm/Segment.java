package org.blazefl4j.shm;

import java.util.concurrent.atomic.AtomicLong;
import org.blazefl4j.binding.Native;
import org.blazefl4j.codec.TensorLayout;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Memory that processes share, divided into slots of equal length. It has no name: another process opens it by its
 * {@link #handle()} while this object is open, and the kernel frees it with the last process that maps it.
 *
 * <p>Creates tensors in the slots ({@link #tensor}) and counts the LibTorch storages in each, including those kept
 * alive by views and autograd. A slot with no {@link #references} may be reused. After {@link #close()} the memory
 * stays mapped until the last storage is gone. Thread-safe.
 */
public final class Segment implements AutoCloseable {

    /** Slots begin at multiples of a page, so that no two processes write to the same page. */
    public static final long SLOT_ALIGNMENT = 4096;

    private static final AtomicLong GENERATIONS = new AtomicLong();

    private final SegmentHandle handle;
    private final int fd;
    private final long address;
    private final long region;
    private boolean closed;

    /** Returns the slot length for a number of usable bytes. */
    private static long roundUp(long bytes) {
        long limit = Long.MAX_VALUE - SLOT_ALIGNMENT;
        if (bytes < 1 || bytes > limit) {
            throw new IllegalArgumentException(
                    "segment: bytes=" + bytes + ", limit=1 to " + limit + "; ask for what the tensors need");
        }
        return (bytes + SLOT_ALIGNMENT - 1) / SLOT_ALIGNMENT * SLOT_ALIGNMENT;
    }

    /** Takes ownership of the descriptor, also if this fails. */
    private Segment(SegmentHandle handle, int fd, boolean writable) {
        this.handle = handle;
        this.fd = fd;
        long mapped = Native.map(fd, handle.bytes(), writable ? 1 : 0);
        if (mapped < 0) {
            Native.close(fd);
            throw Errno.failed("map a segment", mapped, "bytes=" + handle.bytes(), "close packages to free memory");
        }
        address = mapped;
        region = Native.regionAdd(address, handle.bytes(), handle.slotBytes());
        if (region < 0) {
            Native.unmap(address, handle.bytes());
            Native.close(fd);
            throw Errno.failed("count a segment", region, "slots=" + handle.slots(), "close packages to free memory");
        }
    }

    /**
     * Creates a segment with one slot.
     *
     * @param bytes the minimum size, above 0
     * @throws IllegalStateException if there is too little memory; the message names the bytes needed and free
     */
    public static Segment create(long bytes) {
        return slotted(1, bytes);
    }

    /** Creates a segment with several slots, as {@link #create}, each of a minimum size. */
    public static Segment slotted(int slots, long slotBytes) {
        return slotted(slots, slotBytes, SegmentSpace.host());
    }

    static Segment slotted(int slots, long slotBytes, SegmentSpace space) {
        long rounded = roundUp(slotBytes);
        SegmentHandle.check(slots, rounded);
        return create(space.reserve(slots * rounded), slots, rounded);
    }

    /** Creates a segment for this process alone, as {@link #create}. {@code /dev/shm} does not limit its size. */
    public static Segment unshared(long bytes) {
        long rounded = roundUp(bytes);
        return create(SegmentSpace.host().reserveUnshared(rounded), 1, rounded);
    }

    private static Segment create(int fd, int slots, long slotBytes) {
        SegmentHandle handle = new SegmentHandle(
                Native.pid(), fd, Native.device(fd), Native.inode(fd), slots, slotBytes, GENERATIONS.incrementAndGet());
        return new Segment(handle, fd, true);
    }

    /**
     * Opens a segment that another process, or this one, has open.
     *
     * @throws IllegalStateException if its owner has ended or closed it
     */
    public static Segment open(SegmentHandle handle) {
        return open(handle, true);
    }

    /** Opens a segment, as {@link #open}, for reading only. A write to its memory raises SIGSEGV. */
    public static Segment openReadOnly(SegmentHandle handle) {
        return open(handle, false);
    }

    private static Segment open(SegmentHandle handle, boolean writable) {
        int fd = Native.shmOpen(
                handle.pid(), handle.fd(), handle.device(), handle.inode(), handle.bytes(), writable ? 1 : 0);
        if (fd < 0) {
            throw Errno.failed("open a segment", fd, handle.toString(), "open it while its owner runs and has it open");
        }
        return new Segment(handle, fd, writable);
    }

    /** Returns the handle by which other processes open this segment while this object is open. */
    public SegmentHandle handle() {
        return handle;
    }

    /** Returns the page-aligned address, valid until {@link #close()} and as long as a tensor in it lives. */
    public long address() {
        return address;
    }

    public long bytes() {
        return handle.bytes();
    }

    public int slots() {
        return handle.slots();
    }

    public long slotBytes() {
        return handle.slotBytes();
    }

    long slotOffset(int slot) {
        if (slot < 0 || slot >= slots()) {
            throw new IndexOutOfBoundsException(
                    "slot of a segment: slot=" + slot + ", limit=0 to " + (slots() - 1) + "; count from 0");
        }
        return slot * slotBytes();
    }

    /** Returns the number of LibTorch storages in a slot. At 0 the slot may be reused. */
    long references(int slot) {
        slotOffset(slot);
        return Native.regionReferences(region, slot);
    }

    /**
     * Creates a tensor on the bytes at an offset, without a copy. The caller owns the tensor, which keeps the segment
     * mapped. An empty tensor does not use the segment.
     *
     * @param offset the offset in the segment, a multiple of the element size
     * @throws IllegalArgumentException if the tensor does not lie in one slot
     * @throws IllegalStateException if the segment is closed
     */
    public Tensor tensor(long offset, TensorLayout layout) {
        checkPlace(offset, layout);
        return SegmentTensors.at(region, address + offset, layout);
    }

    /** Creates a contiguous tensor, as {@link #tensor(long, TensorLayout)}. */
    public Tensor tensor(long offset, ScalarType dtype, long... sizes) {
        return tensor(offset, new TensorLayout(dtype, sizes, TensorLayout.contiguous(sizes)));
    }

    private void checkPlace(long offset, TensorLayout layout) {
        long bytes = layout.bytes();
        boolean within = offset >= 0 && bytes <= bytes() && offset <= bytes() - bytes;
        if (!within) {
            throw new IllegalArgumentException("tensor in a segment: offset=" + offset + ", bytes=" + bytes + ", limit="
                    + bytes() + " bytes in the segment; place it inside");
        }
        if (bytes > 0 && offset / slotBytes() != (offset + bytes - 1) / slotBytes()) {
            throw new IllegalArgumentException("tensor in a segment: offset=" + offset + ", bytes=" + bytes + ", limit="
                    + slotBytes() + " bytes in a slot; place it inside one slot");
        }
        if (offset % layout.elementBytes() != 0) {
            throw new IllegalArgumentException("tensor in a segment: offset=" + offset + ", expected=a multiple of "
                    + layout.elementBytes() + " for this type; align it");
        }
    }

    /** Closes the segment to other processes and new tensors. Live tensors stay valid. Idempotent. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Native.regionClose(region);
            Native.close(fd);
        }
    }
}

package org.blazefl4j.shm;

import java.util.concurrent.atomic.AtomicLong;
import org.blazefl4j.binding.Native;
import org.blazefl4j.codec.TensorLayout;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One mapping of memory that processes share, divided into slots of equal length. It has no name: another process opens
 * it by its {@link #handle()} while this one is open, and nothing is left behind when the processes are gone, however
 * they ended.
 *
 * <p>Tensors in it are made by {@link #tensor}. Each slot counts the LibTorch storages that live in it, views and
 * autograd's references included: {@link #references} is 0 when the slot may be used again. The mapping outlives
 * {@link #close()} until the last of them is gone. All methods may be called from any thread.
 */
public final class Segment implements AutoCloseable {

    /** Slots begin at multiples of this many bytes: a page, so that no two processes write to the same one. */
    public static final long SLOT_ALIGNMENT = 4096;

    private static final AtomicLong GENERATIONS = new AtomicLong();

    private final SegmentHandle handle;
    private final int fd;
    private final long address;
    private final long region;
    private boolean closed;

    /** Takes the descriptor over; it is closed if the mapping fails. */
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
     * Makes a segment of one slot.
     *
     * @param bytes what it must hold at the least, above 0
     * @throws IllegalStateException if there is not that much memory; the message names bytes needed and free
     */
    public static Segment create(long bytes) {
        return slotted(1, bytes);
    }

    /**
     * Makes a segment of several slots.
     *
     * @param slots how many, above 0
     * @param slotBytes what each must hold at the least, above 0
     * @throws IllegalStateException if there is not that much memory; the message names bytes needed and free
     */
    public static Segment slotted(int slots, long slotBytes) {
        return slotted(slots, slotBytes, SegmentSpace.host());
    }

    static Segment slotted(int slots, long slotBytes, SegmentSpace space) {
        long rounded = SegmentLayout.rounded(slotBytes);
        SegmentLayout.check(slots, rounded);
        return made(space.reserve(slots * rounded), slots, rounded);
    }

    /**
     * Makes a segment of one slot that no other process is to open: {@code /dev/shm} does not limit it.
     *
     * @param bytes what it must hold at the least, above 0
     * @throws IllegalStateException if there is not that much memory; the message names bytes needed and free
     */
    public static Segment unshared(long bytes) {
        long rounded = SegmentLayout.rounded(bytes);
        return made(SegmentSpace.host().reserveUnshared(rounded), 1, rounded);
    }

    private static Segment made(int fd, int slots, long slotBytes) {
        SegmentHandle handle = new SegmentHandle(
                Native.pid(), fd, Native.device(fd), Native.inode(fd), slots, slotBytes, GENERATIONS.incrementAndGet());
        return new Segment(handle, fd, true);
    }

    /**
     * Opens a segment of another process, or of this one.
     *
     * @throws IllegalStateException if that process is gone, has closed it, or has another file there now
     */
    public static Segment open(SegmentHandle handle) {
        return open(handle, true);
    }

    /**
     * The same, to read only: a write to it, through a tensor too, is a fault (SIGSEGV).
     *
     * @throws IllegalStateException as {@link #open}
     */
    public static Segment openReadOnly(SegmentHandle handle) {
        return open(handle, false);
    }

    private static Segment open(SegmentHandle handle, boolean writable) {
        int fd = Native.shmOpen(
                handle.pid(), handle.fd(), handle.device(), handle.inode(), handle.bytes(), writable ? 1 : 0);
        if (fd < 0) {
            throw Errno.failed(
                    "open a segment",
                    fd,
                    handle.toString(),
                    "open it while the process that made it runs and has it open");
        }
        return new Segment(handle, fd, writable);
    }

    /** What another process opens it by, as long as this object is open. */
    public SegmentHandle handle() {
        return handle;
    }

    /** Where it is mapped, page-aligned; valid until {@link #close()} and as long as a tensor of it lives. */
    public long address() {
        return address;
    }

    /** Its length. */
    public long bytes() {
        return handle.bytes();
    }

    /** The number of its slots. */
    public int slots() {
        return handle.slots();
    }

    /** The length of a slot. */
    public long slotBytes() {
        return handle.slotBytes();
    }

    /**
     * The offset of a slot's first byte.
     *
     * @throws IndexOutOfBoundsException if there is no such slot
     */
    public long slotOffset(int slot) {
        if (slot < 0 || slot >= slots()) {
            throw new IndexOutOfBoundsException(
                    "slot of a segment: slot=" + slot + ", limit=0 to " + (slots() - 1) + "; count from 0");
        }
        return slot * slotBytes();
    }

    /**
     * The number of LibTorch storages that live in a slot; 0: it may be used again.
     *
     * @throws IndexOutOfBoundsException if there is no such slot
     */
    public long references(int slot) {
        slotOffset(slot);
        return Native.regionReferences(region, slot);
    }

    /**
     * A tensor on the bytes from {@code offset} on. It shares them: nothing is copied. The caller owns the tensor,
     * which keeps the segment mapped; a tensor without elements has memory of its own.
     *
     * @param offset from the segment's first byte, a multiple of the element's length
     * @param layout its type, shape and strides
     * @throws IllegalArgumentException if the tensor does not lie in one slot
     * @throws IllegalStateException if the segment is closed
     */
    public Tensor tensor(long offset, TensorLayout layout) {
        checkPlace(offset, layout);
        return SegmentTensors.at(region, address + offset, layout);
    }

    /**
     * The same for a contiguous tensor.
     *
     * @param offset from the segment's first byte, a multiple of the element's length
     * @param dtype its element type
     * @param sizes its shape
     * @throws IllegalArgumentException if the tensor does not lie in one slot, or there is no such tensor
     * @throws IllegalStateException if the segment is closed
     */
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

    /**
     * Closes it for other processes and for new tensors; tensors that live stay valid. Does nothing the second time.
     */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Native.regionClose(region);
            Native.close(fd);
        }
    }
}

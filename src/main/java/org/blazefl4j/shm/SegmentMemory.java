package org.blazefl4j.shm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** Views native memory as buffers. A buffer is valid as long as the memory is. */
public final class SegmentMemory extends BytePointer {

    private SegmentMemory(long address, long bytes) {
        super((Pointer) null);
        this.address = address;
        this.limit = bytes;
        this.capacity = bytes;
    }

    /**
     * Returns a view of part of a segment, in native byte order.
     *
     * @throws IndexOutOfBoundsException if the range is outside the segment
     */
    public static ByteBuffer view(Segment segment, long offset, int bytes) {
        if (offset < 0 || bytes < 0 || offset > segment.bytes() - bytes) {
            throw new IndexOutOfBoundsException("segment memory: offset=" + offset + ", bytes=" + bytes + ", limit="
                    + segment.bytes() + " bytes in the segment");
        }
        return view(segment.address() + offset, bytes);
    }

    /** Returns a view of memory, in native byte order. Does not check the range. */
    public static ByteBuffer view(long address, int bytes) {
        try (SegmentMemory memory = new SegmentMemory(address, bytes)) {
            return memory.asByteBuffer().order(ByteOrder.nativeOrder());
        }
    }
}

package org.blazefl4j.shm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** Bytes of native memory as a buffer, valid as long as the memory is there. */
public final class SegmentMemory extends BytePointer {

    private SegmentMemory(long address, long bytes) {
        super((Pointer) null);
        this.address = address;
        this.limit = bytes;
        this.capacity = bytes;
    }

    /**
     * A view of some bytes, in this machine's order.
     *
     * @throws IndexOutOfBoundsException if they are not within the segment
     */
    public static ByteBuffer view(Segment segment, long offset, int bytes) {
        if (offset < 0 || bytes < 0 || offset > segment.bytes() - bytes) {
            throw new IndexOutOfBoundsException("segment memory: offset=" + offset + ", bytes=" + bytes + ", limit="
                    + segment.bytes() + " bytes in the segment");
        }
        return view(segment.address() + offset, bytes);
    }

    /** A view of bytes that are known to be there. */
    public static ByteBuffer view(long address, int bytes) {
        try (SegmentMemory memory = new SegmentMemory(address, bytes)) {
            return memory.asByteBuffer().order(ByteOrder.nativeOrder());
        }
    }
}

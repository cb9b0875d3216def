package org.blazefl4j.process;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.blazefl4j.shm.Segment;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** The bytes of a segment as a buffer, valid as long as the segment is mapped. */
final class SegmentMemory extends BytePointer {

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
    static ByteBuffer view(Segment segment, long offset, int bytes) {
        if (offset < 0 || bytes < 0 || offset > segment.bytes() - bytes) {
            throw new IndexOutOfBoundsException("segment memory: offset=" + offset + ", bytes=" + bytes + ", limit="
                    + segment.bytes() + " bytes in the segment");
        }
        try (SegmentMemory memory = new SegmentMemory(segment.address() + offset, bytes)) {
            return memory.asByteBuffer().order(ByteOrder.nativeOrder());
        }
    }
}

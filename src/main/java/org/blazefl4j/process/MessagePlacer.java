package org.blazefl4j.process;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.codec.TensorPlacer;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.TensorMemory;
import org.bytedeco.pytorch.Tensor;

/** Places the tensors of a message, and copies them once it is known that the message fits. */
abstract class MessagePlacer implements TensorPlacer {

    /** A tensor to copy to an offset. */
    record Copy(Tensor tensor, TensorLayout layout, long offset) {}

    final List<Copy> copies = new ArrayList<>(2);
    private SegmentTable table = new SegmentTable();

    /**
     * Starts a message.
     *
     * @param segments receives the segments of the tensors
     * @param space the segment with space for tensors
     * @param offset the start of the space
     */
    void start(SegmentTable segments, Segment space, long offset) {
        table = segments;
        copies.clear();
    }

    /** Returns the space needed, in bytes. If it is more than there is, {@link #finish} is not called. */
    abstract long used();

    /** Copies the tensors. */
    abstract void finish();

    final void copyTo(Segment segment) {
        for (Copy copy : copies) {
            TensorMemory.copy(copy.tensor(), copy.layout(), segment, copy.offset());
        }
        copies.clear();
    }

    final ShmHandle handle(Segment segment, long offset, TensorLayout layout) {
        return new ShmHandle(table.index(segment.handle()), segment.handle().generation(), offset, layout);
    }

    final ShmHandle handle(DeviceSegment segment, long offset, TensorLayout layout) {
        return new ShmHandle(table.index(segment.handle()), segment.handle().generation(), offset, layout);
    }
}

package org.blazefl4j.process;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentHandle;
import org.blazefl4j.shm.Slot;
import org.jspecify.annotations.Nullable;

/**
 * The segments that a result may refer to: that of its slot, the one for the client's state, and segments of the worker
 * that sent it. Closing this object closes the latter; tensors keep them mapped.
 */
final class ResultSegments implements Inbox.SegmentSource, AutoCloseable {

    private final @Nullable Slot slot;
    private final @Nullable Segment room;
    private final long workerPid;
    private final List<Segment> opened = new ArrayList<>(0);

    /**
     * Creates the source for one result.
     *
     * @param slot the slot of the result, or null for work between rounds
     * @param room the segment that was reserved for the client's state; null if none was
     * @param workerPid the process that sent the result
     */
    ResultSegments(@Nullable Slot slot, @Nullable Segment room, long workerPid) {
        this.slot = slot;
        this.room = room;
        this.workerPid = workerPid;
    }

    @Override
    public Segment open(SegmentHandle handle) {
        if (slot != null && handle.equals(slot.segment().handle())) {
            return slot.segment();
        }
        if (room != null && handle.equals(room.handle())) {
            return room;
        }
        for (Segment segment : opened) {
            if (segment.handle().equals(handle)) {
                return segment;
            }
        }
        if (handle.pid() != workerPid) {
            throw new PackageFormatException(
                    "segment of another process: pid=" + handle.pid() + ", expected=" + workerPid);
        }
        Segment segment = Segment.open(handle);
        opened.add(segment);
        return segment;
    }

    @Override
    public void check(Segment segment, ShmHandle handle) {
        if (slot != null && segment == slot.segment() && !slot.holds(handle.offset(), handle.bytes())) {
            throw new PackageFormatException("handle outside of its slot: offset=" + handle.offset() + ", bytes="
                    + handle.bytes() + ", limit=" + segment.slotBytes() + " bytes from " + slot.offset());
        }
    }

    @Override
    public void close() {
        opened.forEach(Segment::close);
    }
}

package org.blazefl4j.process;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.cuda.DeviceHandle;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.cuda.DeviceSlot;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentHandle;
import org.blazefl4j.shm.Slot;
import org.jspecify.annotations.Nullable;

/**
 * The segments that a result may refer to: those of its slots, the one for the client's state, and segments of the
 * worker that sent it. Closing this object closes the latter; tensors keep them mapped.
 */
final class ResultSegments implements Inbox.SegmentSource, AutoCloseable {

    private final @Nullable Slot slot;
    private final @Nullable DeviceSlot onDevice;
    private final @Nullable Segment room;
    private final long workerPid;
    private final List<Segment> opened = new ArrayList<>(0);

    /**
     * Creates the source for one result.
     *
     * @param slot the slot of the result, or null for work between rounds
     * @param onDevice its slot on a device, or null if it has none
     * @param room the segment that was reserved for the client's state; null if none was
     * @param workerPid the process that sent the result
     */
    ResultSegments(@Nullable Slot slot, @Nullable DeviceSlot onDevice, @Nullable Segment room, long workerPid) {
        this.slot = slot;
        this.onDevice = onDevice;
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
            throw outside(handle, segment.slotBytes(), slot.offset());
        }
    }

    @Override
    public DeviceSegment open(DeviceHandle segment, ShmHandle handle) {
        if (onDevice == null || !segment.equals(onDevice.segment().handle())) {
            throw new PackageFormatException("segment of another job: segment=" + segment + ", expected="
                    + (onDevice == null
                            ? "none on a device"
                            : onDevice.segment().handle()));
        }
        if (!onDevice.holds(handle.offset(), handle.bytes())) {
            throw outside(handle, onDevice.segment().slotBytes(), onDevice.offset());
        }
        return onDevice.segment();
    }

    private static PackageFormatException outside(ShmHandle handle, long slotBytes, long offset) {
        return new PackageFormatException("handle outside of its slot: offset=" + handle.offset() + ", bytes="
                + handle.bytes() + ", limit=" + slotBytes + " bytes from " + offset);
    }

    @Override
    public void close() {
        opened.forEach(Segment::close);
    }
}

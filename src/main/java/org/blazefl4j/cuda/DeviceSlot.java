package org.blazefl4j.cuda;

/** The part of a segment for one client's result on a device. */
public record DeviceSlot(DeviceSegment segment, int index) {

    public long offset() {
        return segment.offset(index);
    }

    /** Returns whether a tensor of this process uses the slot. */
    public boolean isReferenced() {
        return segment.isReferenced(index);
    }

    public boolean holds(long offset, long bytes) {
        return offset >= offset() && bytes <= segment.slotBytes() && offset <= offset() + segment.slotBytes() - bytes;
    }
}

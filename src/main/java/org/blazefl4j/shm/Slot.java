package org.blazefl4j.shm;

/**
 * The shared memory of one client's result.
 *
 * @param segment the segment that it is part of
 * @param index which slot of the segment
 */
public record Slot(Segment segment, int index) {

    /** The offset of the slot's first byte in the segment. */
    public long offset() {
        return segment.slotOffset(index);
    }

    /** Whether a tensor of this process lives in it. */
    public boolean isReferenced() {
        return segment.references(index) > 0;
    }

    /** Whether the bytes lie in the slot. */
    public boolean holds(long offset, long bytes) {
        return offset >= offset() && offset + bytes <= offset() + segment.slotBytes();
    }
}

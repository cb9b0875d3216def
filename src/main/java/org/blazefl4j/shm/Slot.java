package org.blazefl4j.shm;

/**
 * The part of a segment for one client's result.
 *
 * @param segment the segment
 * @param index the number of the slot in the segment
 */
public record Slot(Segment segment, int index) {

    /** Returns the slot's offset in the segment. */
    public long offset() {
        return segment.slotOffset(index);
    }

    /** Returns whether a tensor of this process uses the slot. */
    public boolean isReferenced() {
        return segment.references(index) > 0;
    }

    /** Returns whether the slot contains a range of bytes. */
    public boolean holds(long offset, long bytes) {
        return offset >= offset() && offset + bytes <= offset() + segment.slotBytes();
    }
}

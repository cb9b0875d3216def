package org.blazefl4j.shm;

/** The part of a segment for one client's result. */
public record Slot(Segment segment, int index) {

    public long offset() {
        return segment.slotOffset(index);
    }

    /** Returns whether a tensor of this process uses the slot. */
    public boolean isReferenced() {
        return segment.references(index) > 0;
    }

    public boolean holds(long offset, long bytes) {
        return offset >= offset() && offset + bytes <= offset() + segment.slotBytes();
    }
}

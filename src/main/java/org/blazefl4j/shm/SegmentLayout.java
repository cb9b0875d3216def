package org.blazefl4j.shm;

/** The lengths that a segment and its slots can have. */
final class SegmentLayout {

    /** As many as the native registry counts. */
    private static final int MAX_SLOTS = 1 << 20;

    private SegmentLayout() {}

    /**
     * Refuses what is no segment: no slots or too many, slots of no or of odd length, or more bytes than a long holds.
     */
    static void check(int slots, long slotBytes) {
        boolean aligned = slotBytes > 0 && slotBytes % Segment.SLOT_ALIGNMENT == 0;
        if (slots < 1 || slots > MAX_SLOTS || !aligned || slotBytes > Long.MAX_VALUE / slots) {
            throw new IllegalArgumentException("segment: slots=" + slots + ", slotBytes=" + slotBytes
                    + ", limit=1 to " + MAX_SLOTS + " slots of a multiple of " + Segment.SLOT_ALIGNMENT
                    + " bytes, less than 2^63 bytes in all; ask for less");
        }
    }

    /** A slot's length for this many bytes of use. */
    static long rounded(long bytes) {
        long limit = Long.MAX_VALUE - Segment.SLOT_ALIGNMENT;
        if (bytes < 1 || bytes > limit) {
            throw new IllegalArgumentException(
                    "segment: bytes=" + bytes + ", limit=1 to " + limit + "; ask for what the tensors need");
        }
        return (bytes + Segment.SLOT_ALIGNMENT - 1) / Segment.SLOT_ALIGNMENT * Segment.SLOT_ALIGNMENT;
    }
}

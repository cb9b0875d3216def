package org.blazefl4j.shm;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which addresses of this process are, or stand for, shared memory. */
public final class SharedMemoryMap {

    /**
     * A range of addresses.
     *
     * @param address its first byte
     * @param bytes its length
     * @param segment what has the same bytes
     * @param offset where in the segment
     * @param lasting whether nothing else comes to lie there before the range is removed
     */
    private record Range(long address, long bytes, Segment segment, long offset, boolean lasting) {}

    /**
     * A place in a segment.
     *
     * @param lasting whether it stays what it is until {@link #removals} changes
     */
    public record Place(Segment segment, long offset, boolean lasting) {}

    private final TreeMap<Long, Range> ranges = new TreeMap<>();
    private int removals;

    /** Of a segment that is used again and again. */
    public void add(Segment segment) {
        put(new Range(segment.address(), segment.bytes(), segment, 0, false));
    }

    /** Says that what lies at an address is also in a segment, until it is removed. */
    public void addLasting(long address, long bytes, Segment segment, long offset) {
        put(new Range(address, bytes, segment, offset, true));
    }

    private void put(Range range) {
        count(ranges.put(range.address(), range));
    }

    public void remove(long address) {
        count(ranges.remove(address));
    }

    private void count(@Nullable Range removed) {
        removals += removed != null && removed.lasting() ? 1 : 0;
    }

    /** How many lasting ranges were removed or replaced. */
    public int removals() {
        return removals;
    }

    /** Where the bytes are in shared memory; null if they are not, or not all. */
    public @Nullable Place find(long address, long bytes) {
        Map.Entry<Long, Range> below = ranges.floorEntry(address);
        if (below == null) {
            return null;
        }
        Range range = below.getValue();
        long from = address - range.address();
        return from <= range.bytes() - bytes
                ? new Place(range.segment(), range.offset() + from, range.lasting())
                : null;
    }
}

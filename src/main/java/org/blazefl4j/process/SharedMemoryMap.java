package org.blazefl4j.process;

import java.util.Map;
import java.util.TreeMap;
import org.blazefl4j.shm.Segment;

/** Which addresses of this process are, or stand for, shared memory. */
final class SharedMemoryMap {

    /**
     * A range of addresses.
     *
     * @param address its first byte
     * @param bytes its length
     * @param segment what has the same bytes
     * @param offset where in the segment
     */
    private record Range(long address, long bytes, Segment segment, long offset) {}

    /** A place in a segment. */
    record Place(Segment segment, long offset) {}

    private final TreeMap<Long, Range> ranges = new TreeMap<>();

    void add(Segment segment) {
        add(segment.address(), segment.bytes(), segment, 0);
    }

    /** Says that what lies at an address is also in a segment. */
    void add(long address, long bytes, Segment segment, long offset) {
        ranges.put(address, new Range(address, bytes, segment, offset));
    }

    void remove(long address) {
        ranges.remove(address);
    }

    /** Where the bytes are in shared memory; null if they are not, or not all. */
    Place find(long address, long bytes) {
        Map.Entry<Long, Range> below = ranges.floorEntry(address);
        if (below == null) {
            return null;
        }
        Range range = below.getValue();
        long from = address - range.address();
        return from <= range.bytes() - bytes ? new Place(range.segment(), range.offset() + from) : null;
    }
}

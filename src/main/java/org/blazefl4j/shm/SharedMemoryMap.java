package org.blazefl4j.shm;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Maps addresses of this process to places in segments. Includes memory whose content a segment duplicates. */
public final class SharedMemoryMap {

    /**
     * A range of addresses, and the place in a segment that has the same bytes.
     *
     * @param lasting whether the content stays the same until the range is removed
     */
    private record Range(long address, long bytes, Segment segment, long offset, boolean lasting) {}

    /**
     * A place in a segment.
     *
     * @param lasting whether the content stays the same until {@link #removals} changes
     */
    public record Place(Segment segment, long offset, boolean lasting) {}

    private final TreeMap<Long, Range> ranges = new TreeMap<>();
    private int removals;

    /** Adds a segment, whose content may change. */
    public void add(Segment segment) {
        put(new Range(segment.address(), segment.bytes(), segment, 0, false));
    }

    /** Records that a segment holds the same bytes as a range of addresses, until the range is removed. */
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

    /** Returns how many lasting ranges were removed or replaced. */
    public int removals() {
        return removals;
    }

    /** Returns the place of the bytes in shared memory, or null if not all of them are there. */
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

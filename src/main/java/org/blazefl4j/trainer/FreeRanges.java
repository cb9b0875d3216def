package org.blazefl4j.trainer;

import java.util.Map;
import java.util.TreeMap;

/**
 * Allocates parts of a file. A part takes the first free range that is large enough, or extends the file; adjacent free
 * ranges are merged, and the file ends with its last part in use. Not thread-safe.
 */
final class FreeRanges {

    /** Lengths by start. */
    private final TreeMap<Long, Long> free = new TreeMap<>();

    private long end;

    /** Takes a part and returns its start. */
    long take(long bytes) {
        for (Map.Entry<Long, Long> range : free.entrySet()) {
            long start = range.getKey();
            long length = range.getValue();
            if (length >= bytes) {
                free.remove(start);
                add(start + bytes, length - bytes);
                return start;
            }
        }
        end += bytes;
        return end - bytes;
    }

    /** Gives back a part. */
    void give(long start, long bytes) {
        Map.Entry<Long, Long> before = free.floorEntry(start);
        Long after = free.remove(start + bytes);
        boolean joins = before != null && before.getKey() + before.getValue() == start;
        long from = joins ? before.getKey() : start;
        long to = start + bytes + (after == null ? 0 : after);
        free.remove(from);
        if (to == end) {
            end = from;
        } else {
            add(from, to - from);
        }
    }

    private void add(long start, long bytes) {
        if (bytes > 0) {
            free.put(start, bytes);
        }
    }

    /** Returns the length of the file. */
    long end() {
        return end;
    }
}

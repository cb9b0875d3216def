package org.blazefl4j.trainer;

import java.util.Map;
import java.util.TreeMap;

/**
 * Which parts of a file are free. A part goes where the first free one is large enough, or else to the end; neighbours
 * that are free become one, and the file ends with its last part that is in use. Not thread-safe.
 */
final class FreeRanges {

    /** Length by start. */
    private final TreeMap<Long, Long> free = new TreeMap<>();

    private long end;

    /** Takes a part; where it starts. */
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

    /** Gives back a part that was taken. */
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

    /** The length of the file. */
    long end() {
        return end;
    }
}

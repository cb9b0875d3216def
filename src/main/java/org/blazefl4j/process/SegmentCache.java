package org.blazefl4j.process;

import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentHandle;

/**
 * The parent's segments that a worker has open. Those of messages are read-only, because clients must not write to
 * them; those of result slots are writable. A segment may be open both ways. Closes segments unused for two rounds,
 * because a round of shards may lie between two of training.
 */
final class SegmentCache implements Inbox.SegmentSource, AutoCloseable {

    private static final class Entry {
        private final Segment segment;
        private int lastRound;

        Entry(Segment segment) {
            this.segment = segment;
        }
    }

    private final Map<Long, Entry> readable = new HashMap<>();
    private final Map<Long, Entry> writable = new HashMap<>();
    private int round;

    @Override
    public Segment open(SegmentHandle handle) {
        return open(handle, readable, Segment::openReadOnly);
    }

    /** Returns the segment of a client's slot, open for writing. */
    Segment openSlots(SegmentHandle handle) {
        return open(handle, writable, Segment::open);
    }

    private Segment open(
            SegmentHandle handle, Map<Long, Entry> byGeneration, Function<SegmentHandle, Segment> opening) {
        Entry entry = byGeneration.get(handle.generation());
        if (entry == null) {
            entry = new Entry(opening.apply(handle));
            byGeneration.put(handle.generation(), entry);
        }
        entry.lastRound = round;
        return entry.segment;
    }

    /** Begins a round. Closes segments that the last two did not use. */
    void nextRound() {
        closeUnused(readable.values().iterator());
        closeUnused(writable.values().iterator());
        round++;
    }

    private void closeUnused(Iterator<Entry> entries) {
        while (entries.hasNext()) {
            Entry entry = entries.next();
            if (entry.lastRound < round - 1) {
                entry.segment.close();
                entries.remove();
            }
        }
    }

    @Override
    public void close() {
        for (Map<Long, Entry> entries : List.of(readable, writable)) {
            entries.values().forEach(entry -> entry.segment.close());
            entries.clear();
        }
    }
}

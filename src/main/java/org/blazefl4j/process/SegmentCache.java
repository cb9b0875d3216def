package org.blazefl4j.process;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentHandle;

/**
 * The parent's segments that a worker has open. Those that were of no use for two whole rounds are closed: of training
 * there is one, with work in shards in between.
 */
final class SegmentCache implements SegmentSource, AutoCloseable {

    private static final class Entry {
        private final Segment segment;
        private int lastRound;

        Entry(Segment segment) {
            this.segment = segment;
        }
    }

    private final Map<Long, Entry> byGeneration = new HashMap<>();
    private int round;

    @Override
    public Segment open(SegmentHandle handle) {
        Entry entry = byGeneration.get(handle.generation());
        if (entry == null) {
            entry = new Entry(Segment.open(handle));
            byGeneration.put(handle.generation(), entry);
        }
        entry.lastRound = round;
        return entry.segment;
    }

    /** Begins a round, and closes what was not used in the last two. */
    void nextRound() {
        Iterator<Entry> entries = byGeneration.values().iterator();
        while (entries.hasNext()) {
            Entry entry = entries.next();
            if (entry.lastRound < round - 1) {
                entry.segment.close();
                entries.remove();
            }
        }
        round++;
    }

    @Override
    public void close() {
        byGeneration.values().forEach(entry -> entry.segment.close());
        byGeneration.clear();
    }
}

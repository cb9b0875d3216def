package org.blazefl4j.process;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.cuda.DeviceHandle;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.cuda.IpcRefusedException;
import org.blazefl4j.cuda.PinnedMemory;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentHandle;
import org.jspecify.annotations.Nullable;

/**
 * The parent's segments that a worker has open. Those of messages are read-only, because clients must not write to
 * them; those of result slots are writable. A segment may be open both ways. Those on devices are always writable: CUDA
 * maps none read-only. Closes segments unused for two rounds, because a round of shards may lie between two of
 * training.
 */
final class SegmentCache implements Inbox.SegmentSource, AutoCloseable {

    private static final class Entry<S> {
        private final S segment;
        private @Nullable PinnedMemory pins;
        private int lastRound;

        Entry(S segment) {
            this.segment = segment;
        }
    }

    private final long owner;
    private final Map<Long, Entry<Segment>> readable = new HashMap<>();
    private final Map<Long, Entry<Segment>> writable = new HashMap<>();
    private final Map<Long, Entry<DeviceSegment>> onDevices = new HashMap<>(0);
    private int round;

    /** Creates a cache of segments in the host's memory alone. */
    SegmentCache() {
        this(0);
    }

    /**
     * Creates a cache.
     *
     * @param owner the process whose segments on devices it may open
     */
    SegmentCache(long owner) {
        this.owner = owner;
    }

    @Override
    public Segment open(SegmentHandle handle) {
        return open(handle, readable, Segment::openReadOnly);
    }

    /** Returns the segment of a client's slot, open for writing. */
    Segment openSlots(SegmentHandle handle) {
        return open(handle, writable, Segment::open);
    }

    /** Returns the segment of a slot likewise, page-locked, so that devices copy to it at full speed. */
    Segment openPinned(SegmentHandle handle) {
        Entry<Segment> entry = entry(handle, writable, Segment::open);
        if (entry.pins == null) {
            entry.pins = PinnedMemory.of(entry.segment.address(), entry.segment.bytes());
        }
        return entry.segment;
    }

    private Segment open(
            SegmentHandle handle, Map<Long, Entry<Segment>> byGeneration, Function<SegmentHandle, Segment> opening) {
        return entry(handle, byGeneration, opening).segment;
    }

    private Entry<Segment> entry(
            SegmentHandle handle, Map<Long, Entry<Segment>> byGeneration, Function<SegmentHandle, Segment> opening) {
        Entry<Segment> entry = byGeneration.get(handle.generation());
        if (entry == null) {
            entry = new Entry<>(opening.apply(handle));
            byGeneration.put(handle.generation(), entry);
        }
        entry.lastRound = round;
        return entry;
    }

    private static void close(Entry<Segment> entry) {
        try (Segment segment = entry.segment) {
            if (entry.pins != null) {
                entry.pins.close();
            }
        }
    }

    @Override
    public DeviceSegment open(DeviceHandle segment, ShmHandle handle) {
        return open(segment);
    }

    /**
     * Opens a segment on a device, or returns it if it is open.
     *
     * @throws PackageFormatException if it is not the owner's
     * @throws IpcRefusedException if it cannot be opened
     */
    DeviceSegment open(DeviceHandle handle) {
        if (handle.pid() != owner) {
            throw new PackageFormatException("segment of another process: pid=" + handle.pid() + ", expected=" + owner);
        }
        Entry<DeviceSegment> entry = onDevices.get(handle.generation());
        if (entry == null) {
            entry = new Entry<>(DeviceSegment.open(handle));
            onDevices.put(handle.generation(), entry);
        }
        entry.lastRound = round;
        return entry.segment;
    }

    /** Begins a round. Closes segments that the last two did not use. */
    void nextRound() {
        closeUnused(readable, SegmentCache::close);
        closeUnused(writable, SegmentCache::close);
        if (!onDevices.isEmpty()) {
            closeUnused(onDevices, entry -> entry.segment.close());
        }
        round++;
    }

    private <S> void closeUnused(Map<Long, Entry<S>> entries, Consumer<Entry<S>> closing) {
        entries.values().removeIf(entry -> {
            boolean unused = entry.lastRound < round - 1;
            if (unused) {
                closing.accept(entry);
            }
            return unused;
        });
    }

    @Override
    public void close() {
        closeAll(readable, SegmentCache::close);
        closeAll(writable, SegmentCache::close);
        if (!onDevices.isEmpty()) {
            closeAll(onDevices, entry -> entry.segment.close());
        }
    }

    private static <S> void closeAll(Map<Long, Entry<S>> entries, Consumer<Entry<S>> closing) {
        entries.values().forEach(closing);
        entries.clear();
    }
}

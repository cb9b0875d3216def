package org.blazefl4j.cuda;

import java.util.HashMap;
import java.util.Map;
import org.blazefl4j.util.ErrorCollector;
import org.jspecify.annotations.Nullable;

/**
 * Slots for results on devices, which are used again. A slot is free when the last tensor in it is gone; who gets it
 * writes after what may still read it. Slots are made on demand, as far as a share of a device's free memory and a
 * number allow. Thread-safe.
 */
public final class DeviceSlots implements AutoCloseable {

    private final double share;
    private final Map<Integer, SlotSegments> segments = new HashMap<>();
    private boolean closed;

    /**
     * Allocates nothing yet.
     *
     * @param share the most of a device's free memory that results may take there, from 0 to 1
     */
    public DeviceSlots(double share) {
        this.share = share;
    }

    /**
     * Makes something of a slot.
     *
     * @param <T> what has a tensor in the slot
     */
    public interface Maker<T> {

        /** Makes it at an offset in a segment. */
        T make(DeviceSegment segment, long offset);
    }

    /**
     * Makes something of a free slot, for the calling thread's stream of a device. Returns null if there is none.
     *
     * @param slotBytes the length of a slot, the same at all calls
     * @param most the most slots on a device
     */
    public synchronized <T> @Nullable T next(int device, long slotBytes, int most, Maker<T> maker) {
        if (closed || share == 0 || !DeviceSegment.isPossible()) {
            return null;
        }
        SlotSegments there = segments.computeIfAbsent(device, index -> new SlotSegments(index, share));
        for (DeviceSegment segment : there.all()) {
            for (int slot = 0; slot < segment.slots(); slot++) {
                if (!segment.isReferenced(slot)) {
                    return made(segment, slot, maker);
                }
            }
        }
        int slots = there.all().stream().mapToInt(DeviceSegment::slots).sum();
        DeviceSegment added = slots < most ? there.add(slotBytes, most - slots) : null;
        return added == null ? null : made(added, 0, maker);
    }

    private static <T> T made(DeviceSegment segment, int slot, Maker<T> maker) {
        segment.awaitReaders();
        return maker.make(segment, segment.offset(slot));
    }

    /** Has no more slots. Memory is freed with its last tensor. */
    @Override
    public synchronized void close() {
        closed = true;
        ErrorCollector failures = new ErrorCollector();
        segments.values().forEach(there -> failures.run(there::close));
        segments.clear();
        failures.throwFirst("results on devices");
    }
}

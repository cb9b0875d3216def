package org.blazefl4j.cuda;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.blazefl4j.util.ErrorCollector;
import org.jspecify.annotations.Nullable;

/**
 * Slots for results on devices, which are used again. A slot is free when the last tensor in it is gone; who gets it
 * writes after what may still read it. Slots are made on demand, as far as a share of a device's free memory and a
 * number allow. Thread-safe.
 */
public final class DeviceSlots implements AutoCloseable {

    private static final Logger LOGGER = System.getLogger(DeviceSlots.class.getName());

    /** CUDA allocates no less. */
    private static final long PAGE = 2 << 20;

    private final double share;
    private final Map<Integer, List<DeviceSegment>> segments = new HashMap<>();
    private final Set<Integer> refused = new HashSet<>();
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
        List<DeviceSegment> there = segments.computeIfAbsent(device, index -> new ArrayList<>(1));
        for (DeviceSegment segment : there) {
            for (int slot = 0; slot < segment.slots(); slot++) {
                if (!segment.isReferenced(slot)) {
                    return made(segment, slot, maker);
                }
            }
        }
        int slots = there.stream().mapToInt(DeviceSegment::slots).sum();
        DeviceSegment added = slots < most ? newSegment(device, there, slotBytes, most - slots) : null;
        return added == null ? null : made(added, 0, maker);
    }

    private static <T> T made(DeviceSegment segment, int slot, Maker<T> maker) {
        segment.awaitReaders();
        return maker.make(segment, segment.offset(slot));
    }

    private @Nullable DeviceSegment newSegment(int device, List<DeviceSegment> there, long slotBytes, int most) {
        int slots = (int) Math.min(most, Math.max(1, PAGE / Math.max(slotBytes, DeviceSegment.SLOT_ALIGNMENT)));
        long taken = there.stream().mapToLong(DeviceSegment::bytes).sum();
        long need = taken + Math.max(PAGE, slots * slotBytes);
        long free = DeviceSegment.free(device);
        long limit = (long) (share * ((double) free + taken));
        if (need > limit) {
            refuse(
                    device,
                    "need=" + need + ", free=" + free + ", limit=" + limit + ", since deviceResultShare=" + share
                            + " of what is free");
            return null;
        }
        try {
            DeviceSegment added = DeviceSegment.create(device, slots, slotBytes);
            there.add(added);
            return added;
        } catch (NoDeviceMemoryException e) {
            refuse(device, "need=" + need + ", free=" + free + ", limit=what is free in one piece");
            return null;
        }
    }

    private void refuse(int device, String why) {
        if (refused.add(device)) {
            LOGGER.log(
                    Level.WARNING,
                    "results stay in host memory: device=cuda:" + device + ", " + why + "; they are copied to"
                            + " page-locked memory, with the same bits: raise the share, or use fewer workers");
        }
    }

    /** Has no more slots. Memory is freed with its last tensor. */
    @Override
    public synchronized void close() {
        closed = true;
        ErrorCollector failures = new ErrorCollector();
        segments.values().forEach(there -> there.forEach(segment -> failures.run(segment::close)));
        segments.clear();
        failures.throwFirst("results on devices");
    }
}

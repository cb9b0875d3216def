package org.blazefl4j.cuda;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.util.ErrorCollector;
import org.jspecify.annotations.Nullable;

/**
 * Slots for results on devices that other processes write to. A slot is used again once no job has it, the last tensor
 * in it is gone, and what read it is done, which the host waits for, since processes cannot wait for each other's
 * streams. It does so once for many slots, when no other is left. Slots are made on demand, as far as a share of a
 * device's free memory and a number allow. For one thread at a time.
 */
public final class ExportedSlots implements AutoCloseable {

    private static final Logger LOGGER = System.getLogger(ExportedSlots.class.getName());

    private final double share;
    private final long slotBytes;
    private final int most;
    private final Map<Integer, OfDevice> byDevice = new HashMap<>(2);
    private boolean refused;

    /**
     * Allocates nothing yet.
     *
     * @param share the most of a device's free memory that results may take there, from 0 to 1
     * @param slotBytes the length of a slot
     * @param most the most slots on a device
     */
    public ExportedSlots(double share, long slotBytes, int most) {
        this.share = share;
        this.slotBytes = slotBytes;
        this.most = most;
    }

    private final class OfDevice {

        private final SlotSegments segments;
        private final Deque<DeviceSlot> free = new ArrayDeque<>();
        private final List<DeviceSlot> returned = new ArrayList<>();
        private int slots;
        private boolean full;
        private boolean proven;

        OfDevice(int device) {
            this.segments = new SlotSegments(device, share);
        }

        @Nullable
        DeviceSlot take() {
            if (free.isEmpty() && !full) {
                grow();
            }
            if (free.isEmpty()) {
                collect();
            }
            return free.poll();
        }

        private void grow() {
            DeviceSegment added = slots < most ? segments.add(slotBytes, most - slots) : null;
            full = added == null;
            if (added != null) {
                export(added);
                slots += added.slots();
                for (int i = 0; i < added.slots(); i++) {
                    free.add(new DeviceSlot(added, i));
                }
            }
        }

        private static void export(DeviceSegment segment) {
            try {
                segment.handle();
            } catch (IpcRefusedException e) {
                segment.close();
                throw e;
            }
        }

        /** The readers of a slot were queued before its last tensor was gone. */
        private void collect() {
            List<DeviceSlot> unused =
                    returned.stream().filter(slot -> !slot.isReferenced()).toList();
            if (!unused.isEmpty()) {
                unused.get(0).segment().finishQueued();
                returned.removeAll(unused);
                free.addAll(unused);
            }
        }
    }

    /** Returns a slot that nothing uses, or null if there is none. */
    public @Nullable DeviceSlot take(int device) {
        if (share == 0 || refused || !DeviceSegment.isPossible()) {
            return null;
        }
        try {
            return byDevice.computeIfAbsent(device, OfDevice::new).take();
        } catch (IpcRefusedException e) {
            if (CudaErrors.lost() != null) {
                throw e;
            }
            refuse(String.valueOf(e.getMessage()));
            return null;
        }
    }

    /** Returns whether there are slots on a device, free or not. */
    public boolean exist(int device) {
        OfDevice there = byDevice.get(device);
        return !refused && there != null && there.slots > 0;
    }

    /** Has no more slots, since processes cannot open them. Says why, once. */
    public void refuse(String why) {
        if (!refused) {
            refused = true;
            LOGGER.log(Level.WARNING, "results cross through host memory, with the same bits: " + why);
        }
    }

    /** Returns a slot whose job has ended. Tensors may still use it. */
    public void release(DeviceSlot slot) {
        OfDevice there = of(slot);
        there.proven |= slot.isReferenced();
        there.returned.add(slot);
    }

    /** Gives up a slot that its process may still write to. Its memory is freed with its segment. */
    public void retire(DeviceSlot slot) {
        OfDevice there = of(slot);
        there.slots--;
        there.full = false;
    }

    private OfDevice of(DeviceSlot slot) {
        return byDevice.computeIfAbsent(slot.segment().device(), OfDevice::new);
    }

    /** Returns whether a result came in a slot of some device. */
    public boolean isProven() {
        return !refused && byDevice.values().stream().anyMatch(there -> there.proven);
    }

    /** Returns whether a result came in a slot of a device, so that processes can open its memory. */
    public boolean isProven(int device) {
        OfDevice there = byDevice.get(device);
        return !refused && there != null && there.proven;
    }

    /** Has no more slots. All processes must have ended. Memory is freed with its last tensor. */
    @Override
    public void close() {
        refused = true;
        ErrorCollector failures = new ErrorCollector();
        byDevice.values().forEach(there -> failures.run(there.segments::close));
        byDevice.clear();
        failures.throwFirst("results on devices");
    }
}

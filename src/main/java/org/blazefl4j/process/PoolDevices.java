package org.blazefl4j.process;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.OptionalDouble;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.Device;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.cuda.DeviceSlot;
import org.blazefl4j.cuda.ExportedSlots;
import org.blazefl4j.worker.RoundWork;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The memory of devices that a pool shares with its workers: the pool owns it, and frees it when all workers have
 * ended. Made for the first client on a device. For the thread of the round.
 */
final class PoolDevices implements AutoCloseable {

    private static final Logger LOGGER = System.getLogger(PoolDevices.class.getName());

    private final OptionalDouble share;
    private final long slotBytes;
    private final int most;
    private volatile boolean abandoned;
    private @Nullable ExportedSlots slots;
    private @Nullable PayloadBlocks payloads;

    /**
     * Allocates nothing yet.
     *
     * @param share the most of a device's free memory that results may take there; empty if results cannot lie there
     * @param slotBytes the length of a slot
     * @param most the most slots on a device
     */
    PoolDevices(OptionalDouble share, long slotBytes, int most) {
        this.share = share;
        this.slotBytes = slotBytes;
        this.most = most;
    }

    /** Returns a slot for a client's result, or null if it goes to the host's memory. */
    @Nullable
    DeviceSlot take(Device device) {
        if (device.isCpu() || share.orElse(0) == 0) {
            return null;
        }
        ExportedSlots made = slots == null ? new ExportedSlots(share.getAsDouble(), slotBytes, most) : slots;
        slots = made;
        return made.take(index(device));
    }

    /** Returns whether there are slots on a device, all in use if {@link #take} has returned none. */
    boolean areInUse(Device device) {
        return slots != null && !device.isCpu() && slots.exist(index(device));
    }

    /**
     * Returns memory for the tensors of a payload that lie on a device, or null if they go through the host's memory:
     * unless all clients are on that device, and workers are known to open its memory.
     */
    @Nullable
    DeviceSegment blockFor(RoundWork<?, ?, ?> work) {
        if (slots == null || !slots.isProven()) {
            return null;
        }
        int device = -1;
        long bytes = 0;
        for (TensorWalk.Found found : TensorWalk.tensors(work.payload())) {
            Tensor tensor = found.tensor();
            int there =
                    tensor.isNull() || !tensor.defined() || !tensor.has_storage() ? -1 : DeviceSegment.deviceOf(tensor);
            if (there >= 0 && (device < 0 || there == device)) {
                device = there;
                bytes += PayloadPlacer.bytes(tensor);
            }
        }
        return bytes > 0 && slots.isProven(device) && areAllOn(device, work) ? block(device, bytes) : null;
    }

    private static boolean areAllOn(int device, RoundWork<?, ?, ?> work) {
        for (int i = 0; i < work.ids().size(); i++) {
            Device clients = work.job(i).device();
            if (clients.isCpu() || index(clients) != device) {
                return false;
            }
        }
        return true;
    }

    private @Nullable DeviceSegment block(int device, long bytes) {
        PayloadBlocks made = payloads == null ? new PayloadBlocks() : payloads;
        payloads = made;
        return made.block(device, bytes);
    }

    /** Returns the index of a CUDA device; without one, that of the current device, which is the first. */
    private static int index(Device device) {
        return Math.max(0, device.index());
    }

    /** Returns a slot whose job has ended. Tensors may still use it. */
    void release(DeviceSlot slot) {
        if (slots != null) {
            slots.release(slot);
        }
    }

    /** Gives up a slot that a lost process may still write to. */
    void retire(DeviceSlot slot) {
        if (slots != null) {
            slots.retire(slot);
        }
    }

    /** Has no more slots, since a worker could not open one. */
    void refuse(String why) {
        if (slots != null) {
            slots.refuse(why);
        }
    }

    /** Leaves all memory to the end of this process: to free what another process has open is undefined. */
    void abandon() {
        abandoned = true;
    }

    @Override
    public void close() {
        if (abandoned && slots != null) {
            LOGGER.log(
                    Level.WARNING,
                    "memory of devices is not freed: found=a worker process that does not end, expected=none;"
                            + " it is freed when this process and the worker have ended");
            return;
        }
        try (ExportedSlots results = slots;
                PayloadBlocks models = payloads) {
            slots = null;
            payloads = null;
        }
    }
}

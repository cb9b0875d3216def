package org.blazefl4j.process;

import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.cuda.CudaErrors;
import org.blazefl4j.cuda.DeviceHandle;
import org.blazefl4j.cuda.DeviceSlot;
import org.blazefl4j.cuda.IpcRefusedException;
import org.blazefl4j.shm.TensorMemory;
import org.blazefl4j.worker.SlotLayout;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A worker's side of a job's slot on a device, which it opens when the client asks for its uplink buffer. */
final class DeviceUplink {

    private final SegmentCache segments;
    private final DeviceHandle handle;
    private final int index;
    private @Nullable DeviceSlot slot;
    private @Nullable String refusal;

    DeviceUplink(SegmentCache segments, DeviceHandle handle, int index) {
        this.segments = segments;
        this.handle = handle;
        this.index = index;
    }

    /**
     * Creates a package whose tensors are views of the slot, or returns null if this process cannot open it.
     *
     * @throws IpcRefusedException if CUDA works no more
     */
    @Nullable
    Object buffer(SlotLayout layout, PackageDecoder decoder) {
        try {
            DeviceSlot opened = new DeviceSlot(segments.open(handle), index);
            slot = opened;
            return layout.buffer(opened.segment(), opened.offset(), decoder);
        } catch (IpcRefusedException e) {
            if (CudaErrors.lost() != null) {
                throw e;
            }
            refusal = e.getMessage();
            return null;
        }
    }

    /** Returns why this process could not open the slot, or null if it could or was not to. */
    @Nullable
    String refusal() {
        return refusal;
    }

    /** Returns whether a tensor of this process uses the slot. */
    boolean isReferenced() {
        return slot != null && slot.isReferenced();
    }

    /** Returns the slot if a tensor lies at an offset in it as a layout says, else null. */
    @Nullable
    DeviceSlot slotOf(Tensor tensor, TensorLayout layout, long offset) {
        DeviceSlot opened = slot;
        if (opened == null || layout.bytes() == 0 || !TensorMemory.lies(tensor, layout)) {
            return null;
        }
        long place = opened.segment().offsetOf(TensorMemory.address(tensor));
        return place == opened.offset() + offset ? opened : null;
    }
}

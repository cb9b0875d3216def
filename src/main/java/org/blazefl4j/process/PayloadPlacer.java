package org.blazefl4j.process;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.shm.TensorMemory;
import org.bytedeco.pytorch.Tensor;

/** Places tensors on a device in a block there, from which workers read them, and others as a {@link CopyPlacer}. */
final class PayloadPlacer extends CopyPlacer {

    private final DeviceSegment block;
    private final List<Copy> onDevice = new ArrayList<>(1);
    private long end;

    /**
     * Creates a placer.
     *
     * @param block the block, which nothing reads or writes
     */
    PayloadPlacer(SharedMemoryMap known, DeviceSegment block) {
        super(known);
        this.block = block;
    }

    /** Returns the bytes that a tensor takes in a block. */
    static long bytes(Tensor tensor) {
        return DeviceSegment.aligned(tensor.nbytes());
    }

    @Override
    void start(SegmentTable segments, Segment segment, long offset) {
        super.start(segments, segment, offset);
        onDevice.clear();
        end = 0;
    }

    @Override
    public ShmHandle place(Supplier<String> path, Tensor tensor, TensorLayout layout, boolean unbounded) {
        if (!fits(tensor, layout)) {
            return super.place(path, tensor, layout, unbounded);
        }
        long offset = end;
        end = DeviceSegment.aligned(offset + layout.bytes());
        onDevice.add(new Copy(tensor, layout, offset));
        return handle(block, offset, layout);
    }

    private boolean fits(Tensor tensor, TensorLayout layout) {
        return layout.bytes() > 0
                && end + layout.bytes() <= block.bytes()
                && DeviceSegment.deviceOf(tensor) == block.device()
                && TensorMemory.lies(tensor, layout);
    }

    @Override
    void finish() {
        super.finish();
        for (Copy copy : onDevice) {
            block.write(
                    copy.offset(),
                    TensorMemory.address(copy.tensor()),
                    copy.layout().bytes());
        }
        if (!onDevice.isEmpty()) {
            block.finishQueued();
        }
        onDevice.clear();
    }
}

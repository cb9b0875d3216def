package org.blazefl4j.process;

import java.util.Objects;
import java.util.function.Supplier;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.shm.TensorMemory;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Places tensors in the space of the message, except those that are in shared memory already. */
class CopyPlacer extends MessagePlacer {

    private final SharedMemoryMap known;
    private @Nullable Segment space;
    private long start;
    private long end;
    private boolean lasting;

    CopyPlacer(SharedMemoryMap known) {
        this.known = known;
    }

    @Override
    void start(SegmentTable segments, Segment segment, long offset) {
        super.start(segments, segment, offset);
        space = segment;
        start = offset;
        end = offset;
        lasting = true;
    }

    /** Returns whether all tensors lie in memory whose content stays until {@code known.removals()} changes. */
    boolean isLasting() {
        return lasting;
    }

    @Override
    public ShmHandle place(Supplier<String> path, Tensor tensor, TensorLayout layout, boolean unbounded) {
        SharedMemoryMap.Place place = layout.bytes() > 0 && TensorMemory.lies(tensor, layout)
                ? known.find(TensorMemory.address(tensor), layout.bytes())
                : null;
        lasting &= place != null && place.lasting();
        if (place != null) {
            return handle(place.segment(), place.offset(), layout);
        }
        long offset = TensorMemory.aligned(end);
        end = offset + layout.bytes();
        copies.add(new Copy(tensor, layout, offset));
        return handle(space(), offset, layout);
    }

    private Segment space() {
        return Objects.requireNonNull(space, "started");
    }

    @Override
    long used() {
        return end - start;
    }

    @Override
    void finish() {
        copyTo(space());
    }
}

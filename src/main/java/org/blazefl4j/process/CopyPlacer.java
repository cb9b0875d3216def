package org.blazefl4j.process;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.shm.TensorMemory;
import org.bytedeco.pytorch.Tensor;

/** Places tensors in the space of the message, except those that are in shared memory already. */
final class CopyPlacer implements MessagePlacer {

    private record Copy(Tensor tensor, TensorLayout layout, long offset) {}

    private final SharedMemoryMap known;
    private final List<Copy> copies = new ArrayList<>();
    private SegmentTable table;
    private Segment space;
    private long start;
    private long end;
    private boolean lasting;

    CopyPlacer(SharedMemoryMap known) {
        this.known = known;
    }

    @Override
    public void start(SegmentTable segments, Segment segment, long offset) {
        table = segments;
        space = segment;
        start = offset;
        end = offset;
        lasting = true;
        copies.clear();
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
        return handle(space, offset, layout);
    }

    private ShmHandle handle(Segment segment, long offset, TensorLayout layout) {
        return new ShmHandle(table.index(segment.handle()), segment.handle().generation(), offset, layout);
    }

    @Override
    public long used() {
        return end - start;
    }

    @Override
    public void finish() {
        for (Copy copy : copies) {
            TensorMemory.copy(copy.tensor(), copy.layout(), space, copy.offset());
        }
        copies.clear();
    }
}

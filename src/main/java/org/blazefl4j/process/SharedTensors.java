package org.blazefl4j.process;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.TensorLayout;
import org.bytedeco.pytorch.Tensor;

/**
 * What was shared, by name or without one: each tensor is copied to a segment of its own, once. Where the tensor that
 * was shared, the one in the segment, or a view of either turns up in a package later, it crosses without being copied.
 */
final class SharedTensors implements AutoCloseable {

    private final SharedMemoryMap map;
    private final Map<String, Tensor> byName = new LinkedHashMap<>();
    private final List<Segment> segments = new ArrayList<>();
    private final List<Original> originals = new ArrayList<>();

    /**
     * What was shared, as long as somebody else has it.
     *
     * @param segment goes with it; null if it has a name
     */
    private record Original(Tensor tensor, Segment segment) {}

    SharedTensors(SharedMemoryMap map) {
        this.map = map;
    }

    /** Shares a tensor; returns it as it lies in shared memory, for the caller to own. */
    Tensor share(String name, Tensor tensor) {
        TensorLayout layout = TensorLayout.of(tensor);
        Segment segment = Segment.create(Math.max(1, layout.bytes()));
        segments.add(segment);
        TensorMemory.copy(tensor, layout, segment, 0);
        map.add(segment);
        if (layout.bytes() > 0 && TensorMemory.lies(tensor, layout)) {
            remember(tensor, layout, segment, null);
        }
        byName.put(name, view(segment, layout));
        return view(segment, layout);
    }

    /** Shares a tensor without a name, unless it is in shared memory already or its elements do not lie together. */
    void share(Tensor tensor) {
        TensorLayout layout = TensorLayout.of(tensor);
        if (layout.bytes() == 0 || !TensorMemory.lies(tensor, layout) || isShared(tensor, layout)) {
            return;
        }
        Segment segment = Segment.create(layout.bytes());
        TensorMemory.copy(tensor, layout, segment, 0);
        remember(tensor, layout, segment, segment);
    }

    private boolean isShared(Tensor tensor, TensorLayout layout) {
        return map.find(TensorMemory.address(tensor), layout.bytes()) != null;
    }

    private void remember(Tensor tensor, TensorLayout layout, Segment segment, Segment own) {
        originals.add(new Original(ClientRunner.alias(tensor), own));
        map.add(TensorMemory.address(tensor), layout.bytes(), segment, 0);
    }

    private static Tensor view(Segment segment, TensorLayout layout) {
        return Owned.free(() -> segment.tensor(0, layout));
    }

    /** The tensors in shared memory, by name. */
    Map<String, Tensor> byName() {
        return Collections.unmodifiableMap(byName);
    }

    /** Lets go of originals that nobody else has any more: their memory is not needed, and may get another use. */
    void forgetUnused() {
        for (Iterator<Original> entries = originals.iterator(); entries.hasNext(); ) {
            Original original = entries.next();
            if (original.tensor().storage().use_count() == 1) {
                map.remove(TensorMemory.address(original.tensor()));
                close(original);
                entries.remove();
            }
        }
    }

    private static void close(Original original) {
        original.tensor().close();
        if (original.segment() != null) {
            original.segment().close();
        }
    }

    @Override
    public void close() {
        byName.values().forEach(Tensor::close);
        originals.forEach(SharedTensors::close);
        segments.forEach(Segment::close);
    }
}

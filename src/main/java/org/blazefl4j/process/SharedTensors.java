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
 * What was shared by name: each tensor is copied to a segment of its own, once. Where the tensor that was shared, the
 * one in the segment, or a view of either turns up in a package later, it crosses without being copied.
 */
final class SharedTensors implements AutoCloseable {

    private final SharedMemoryMap map;
    private final Map<String, Tensor> byName = new LinkedHashMap<>();
    private final List<Segment> segments = new ArrayList<>();
    private final List<Tensor> originals = new ArrayList<>();

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
            originals.add(ClientRunner.alias(tensor));
            map.add(TensorMemory.address(tensor), layout.bytes(), segment, 0);
        }
        byName.put(name, view(segment, layout));
        return view(segment, layout);
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
        for (Iterator<Tensor> tensors = originals.iterator(); tensors.hasNext(); ) {
            Tensor original = tensors.next();
            if (original.storage().use_count() == 1) {
                map.remove(TensorMemory.address(original));
                original.close();
                tensors.remove();
            }
        }
    }

    @Override
    public void close() {
        byName.values().forEach(Tensor::close);
        originals.forEach(Tensor::close);
        segments.forEach(Segment::close);
    }
}

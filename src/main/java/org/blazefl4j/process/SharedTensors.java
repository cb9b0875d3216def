package org.blazefl4j.process;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.TensorLayout;
import org.bytedeco.pytorch.Tensor;

/**
 * What was shared, by name or without one: each tensor is copied to shared memory once. Where the tensor that was
 * shared, the one in the segment, or a view of either turns up in a package later, it crosses without being copied.
 */
final class SharedTensors implements AutoCloseable {

    private final SharedMemoryMap map;
    private final Map<String, Tensor> byName = new LinkedHashMap<>();
    private final List<Segment> segments = new ArrayList<>();
    private final List<Original> originals = new ArrayList<>();

    /** What was shared, as long as somebody else has it. The holder is null if it has a name. */
    private record Original(Tensor tensor, Holder holder) {}

    /** What was shared together, in one segment: there may be thousands of small tensors, and few open files. */
    private static final class Holder {
        private final Segment segment;
        private int originals;

        Holder(Segment segment) {
            this.segment = segment;
        }

        /** The segment goes with the last of them. */
        void leave() {
            originals--;
            if (originals == 0) {
                segment.close();
            }
        }
    }

    /** A tensor to be shared, with its place. */
    private record Part(Tensor tensor, TensorLayout layout, long offset) {
        long end() {
            return offset + layout.bytes();
        }
    }

    SharedTensors(SharedMemoryMap map) {
        this.map = map;
    }

    /** Shares a tensor; returns it as it lies in shared memory, for the caller to own. */
    Tensor share(String name, Tensor tensor) {
        TensorLayout layout = TensorLayout.of(tensor);
        Segment segment = Segment.create(Math.max(1, layout.bytes()));
        segments.add(segment);
        TensorMemory.copy(tensor, layout, segment, 0);
        map.addLasting(segment.address(), segment.bytes(), segment, 0);
        if (layout.bytes() > 0 && TensorMemory.lies(tensor, layout)) {
            remember(new Part(tensor, layout, 0), segment, null);
        }
        byName.put(name, view(segment, layout));
        return view(segment, layout);
    }

    /** Shares tensors without names, but for those in shared memory and those whose elements do not lie together. */
    void share(List<Tensor> tensors) {
        List<Part> parts = parts(tensors);
        if (parts.isEmpty()) {
            return;
        }
        forgetUnused();
        Holder holder = new Holder(Segment.create(parts.get(parts.size() - 1).end()));
        for (Part part : parts) {
            TensorMemory.copy(part.tensor(), part.layout(), holder.segment, part.offset());
            holder.originals++;
            remember(part, holder.segment, holder);
        }
    }

    /** What has to be shared, one behind the other. Of those that begin at one address the largest stands for all. */
    private List<Part> parts(List<Tensor> tensors) {
        Map<Long, Part> byAddress = new LinkedHashMap<>();
        for (Tensor tensor : tensors) {
            TensorLayout layout = TensorLayout.of(tensor);
            if (layout.bytes() > 0 && TensorMemory.lies(tensor, layout) && !isShared(tensor, layout)) {
                byAddress.merge(
                        TensorMemory.address(tensor),
                        new Part(tensor, layout, 0),
                        (one, other) -> one.end() >= other.end() ? one : other);
            }
        }
        List<Part> parts = new ArrayList<>(byAddress.size());
        long end = 0;
        for (Part part : byAddress.values()) {
            Part placed = new Part(part.tensor(), part.layout(), CopyPlacement.aligned(end));
            parts.add(placed);
            end = placed.end();
        }
        return parts;
    }

    private boolean isShared(Tensor tensor, TensorLayout layout) {
        return map.find(TensorMemory.address(tensor), layout.bytes()) != null;
    }

    private void remember(Part part, Segment segment, Holder holder) {
        originals.add(new Original(ClientRunner.alias(part.tensor()), holder));
        map.addLasting(TensorMemory.address(part.tensor()), part.layout().bytes(), segment, part.offset());
    }

    private static Tensor view(Segment segment, TensorLayout layout) {
        return Owned.free(() -> segment.tensor(0, layout));
    }

    /** The tensors in shared memory, by name. */
    Map<String, Tensor> byName() {
        return Collections.unmodifiableMap(byName);
    }

    /** Lets go of originals that nobody else has any more: their memory is not needed, and may get another use. */
    private void forgetUnused() {
        Map<Long, Integer> ours = new HashMap<>();
        originals.forEach(original -> ours.merge(storage(original), 1, Integer::sum));
        for (Iterator<Original> entries = originals.iterator(); entries.hasNext(); ) {
            Original original = entries.next();
            if (original.tensor().storage().use_count() == ours.get(storage(original))) {
                ours.merge(storage(original), -1, Integer::sum);
                map.remove(TensorMemory.address(original.tensor()));
                close(original);
                entries.remove();
            }
        }
    }

    private static long storage(Original original) {
        return original.tensor().storage().data().address();
    }

    private static void close(Original original) {
        original.tensor().close();
        if (original.holder() != null) {
            original.holder().leave();
        }
    }

    @Override
    public void close() {
        byName.values().forEach(Tensor::close);
        originals.forEach(SharedTensors::close);
        segments.forEach(Segment::close);
    }
}

package org.blazefl4j.process;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.binding.Retained;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.codec.TensorWalk.Found;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.shm.TensorMemory;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.RefCounted;
import org.blazefl4j.util.ResourceStack;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Tensors that were copied to shared memory once, with or without a name. If the original, the copy or a view of either
 * is in a package later, it crosses without another copy.
 */
final class SharedTensors implements AutoCloseable {

    /** The approximate size of segments for tensors shared together. Workers open only those that they need. */
    private static final long SEGMENT_BYTES = 64L << 20;

    /** The number of originals checked between two rounds. There may be thousands in all. */
    private static final int SWEEP_SIZE = 16;

    private final SharedMemoryMap map;
    private final Map<String, Tensor> byName = new LinkedHashMap<>();
    private final ResourceStack named = new ResourceStack();
    private final Deque<Original> originals = new ArrayDeque<>();

    /** The number of originals by storage. */
    private final Map<Long, Integer> uses = new HashMap<>();

    /**
     * A tensor that was shared. Kept as long as the caller uses it.
     *
     * @param address the address of its elements when it was shared
     * @param storage the address of its storage
     * @param users the originals whose copies are in the same segment, or null if the copy has a name
     */
    private record Original(
            Tensor tensor,
            long address,
            long storage,
            @Nullable RefCounted users) {}

    /** A tensor to share and its place in a segment. */
    private record Part(Tensor tensor, TensorLayout layout, long offset) {
        long end() {
            return offset + layout.bytes();
        }
    }

    SharedTensors(SharedMemoryMap map) {
        this.map = map;
    }

    /** Shares a tensor by name. Returns the copy in shared memory, which the caller owns. */
    Tensor share(String name, Tensor tensor) {
        TensorLayout layout = TensorLayout.of(tensor);
        Segment segment = Segment.create(Math.max(1, layout.bytes()));
        named.add(segment);
        TensorMemory.copy(tensor, layout, segment, 0);
        map.addLasting(segment.address(), segment.bytes(), segment, 0);
        if (layout.bytes() > 0 && TensorMemory.lies(tensor, layout) && !isShared(tensor, layout)) {
            remember(new Part(tensor, layout, 0), segment, null);
        }
        byName.put(name, view(segment, layout));
        return view(segment, layout);
    }

    /** Shares tensors without names. Skips those in shared memory and those that are not dense. */
    void share(List<Found> tensors) {
        Collection<Part> unshared = unshared(tensors);
        sweep(2 * unshared.size()); // removes at least as many as are added
        List<Part> parts = new ArrayList<>();
        long end = 0;
        for (Part part : unshared) {
            Part placed = new Part(part.tensor(), part.layout(), TensorMemory.aligned(end));
            if (placed.end() > SEGMENT_BYTES && !parts.isEmpty()) {
                shareTogether(parts);
                parts.clear();
                placed = part;
            }
            parts.add(placed);
            end = placed.end();
        }
        if (!parts.isEmpty()) {
            shareTogether(parts);
        }
    }

    /** Keeps the largest of tensors that begin at the same address. */
    private Collection<Part> unshared(List<Found> tensors) {
        Map<Long, Part> byAddress = new LinkedHashMap<>();
        for (Found found : tensors) {
            Tensor tensor = found.tensor();
            TensorLayout layout = TensorLayout.of("path=" + found.path() + ", ", tensor);
            if (layout.bytes() > 0 && TensorMemory.lies(tensor, layout) && !isShared(tensor, layout)) {
                byAddress.merge(
                        TensorMemory.address(tensor),
                        new Part(tensor, layout, 0),
                        (one, other) -> one.end() >= other.end() ? one : other);
            }
        }
        return byAddress.values();
    }

    private boolean isShared(Tensor tensor, TensorLayout layout) {
        return map.find(TensorMemory.address(tensor), layout.bytes()) != null;
    }

    /** Shares parts in one segment, which saves descriptors. The last original to be released closes it. */
    private void shareTogether(List<Part> parts) {
        Segment segment = Segment.create(parts.get(parts.size() - 1).end());
        RefCounted users = new RefCounted(segment::close);
        try {
            for (Part part : parts) {
                TensorMemory.copy(part.tensor(), part.layout(), segment, part.offset());
                remember(part, segment, users);
                users.enter();
            }
        } finally {
            users.close();
        }
    }

    private void remember(Part part, Segment segment, @Nullable RefCounted users) {
        long address = TensorMemory.address(part.tensor());
        Tensor alias = Tensors.alias(part.tensor());
        Original original = new Original(alias, address, storage(alias), users);
        originals.add(original);
        uses.merge(original.storage(), 1, Integer::sum);
        map.addLasting(address, part.layout().bytes(), segment, part.offset());
    }

    private static long storage(Tensor tensor) {
        return tensor.storage().unsafeGetStorageImpl().address();
    }

    private static Tensor view(Segment segment, TensorLayout layout) {
        return Retained.free(() -> segment.tensor(0, layout));
    }

    /** The tensors in shared memory, by name. */
    Map<String, Tensor> byName() {
        return Collections.unmodifiableMap(byName);
    }

    /** Checks some originals, others each time, and releases those that only this object uses. */
    void forgetUnused() {
        sweep(SWEEP_SIZE);
    }

    private void sweep(int most) {
        for (int left = Math.min(most, originals.size()); left > 0; left--) {
            Original original = originals.remove();
            if (original.tensor().storage().use_count() > uses.getOrDefault(original.storage(), 0)) {
                originals.add(original);
            } else {
                map.remove(original.address());
                close(original);
            }
        }
    }

    private void close(Original original) {
        original.tensor().close();
        uses.computeIfPresent(original.storage(), (storage, count) -> count == 1 ? null : count - 1);
        if (original.users() != null) {
            original.users().leave();
        }
    }

    @Override
    public void close() {
        byName.values().forEach(Tensor::close);
        originals.forEach(this::close);
        named.close();
    }
}

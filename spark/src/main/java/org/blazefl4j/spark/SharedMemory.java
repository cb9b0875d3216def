package org.blazefl4j.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The driver's tensors that executors have: broadcast once, in blocks. Packages that refer to them, or to parts of
 * them, cross without their elements. Used by one thread at a time.
 */
final class SharedMemory implements AutoCloseable {

    /** Small tensors are broadcast together, up to this size. */
    private static final long BLOCK_BYTES = 64L << 20;

    /** The most bytes of one broadcast, for which the driver needs an array. */
    private static final long PIECE_BYTES = 256L << 20;

    private static final long ALIGNMENT = 64;

    private final JavaSparkContext spark;
    private final List<SharedBlock> blocks = new ArrayList<>();
    private final NavigableMap<Long, Place> places = new TreeMap<>();

    /** So that the memory stays where it is. */
    private final List<Tensor> kept = new ArrayList<>();

    private int trimmed;

    /** Where the memory from an address on, of so many bytes, is in a block. */
    private record Place(long bytes, long block, long offset) {}

    /** A tensor on its way to a block. */
    private record Part(Tensor tensor, TensorLayout layout, long offset) {

        long end() {
            return offset + layout.bytes();
        }
    }

    SharedMemory(JavaSparkContext spark) {
        this.spark = spark;
    }

    /** Returns all blocks. */
    List<SharedBlock> blocks() {
        return List.copyOf(blocks);
    }

    /**
     * Broadcasts the tensors of some data, except those that are not dense.
     *
     * @throws IllegalArgumentException if one cannot cross
     */
    void add(Object data) {
        List<Part> parts = new ArrayList<>();
        long end = 0;
        for (TensorWalk.Found found : TensorWalk.tensors(data)) {
            TensorLayout layout = TensorLayout.of("path=" + found.path() + ", ", found.tensor());
            if (layout.bytes() == 0 || !Parcel.lies(found.tensor(), layout) || find(found.tensor(), layout) != null) {
                continue;
            }
            if (end + layout.bytes() > BLOCK_BYTES && !parts.isEmpty()) {
                broadcast(parts);
                parts.clear();
                end = 0;
            }
            Part part = new Part(found.tensor(), layout, end);
            parts.add(part);
            end = (part.end() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
        if (!parts.isEmpty()) {
            broadcast(parts);
        }
    }

    private void broadcast(List<Part> parts) {
        long number = blocks.size() + 1L;
        long bytes = parts.get(parts.size() - 1).end();
        List<Broadcast<byte[]>> pieces = new ArrayList<>();
        for (long from = 0; from < bytes; from += PIECE_BYTES) {
            pieces.add(spark.broadcast(piece(parts, from, Math.min(bytes, from + PIECE_BYTES))));
        }
        blocks.add(new SharedBlock(number, bytes, pieces));
        for (Part part : parts) {
            Tensor alias = Tensors.alias(part.tensor());
            kept.add(alias);
            places.put(address(alias), new Place(part.layout().bytes(), number, part.offset()));
        }
    }

    /** Returns a range of the bytes of a block. */
    private static byte[] piece(List<Part> parts, long from, long to) {
        byte[] piece = new byte[(int) (to - from)];
        for (Part part : parts) {
            long first = Math.max(from, part.offset());
            long last = Math.min(to, part.end());
            if (first < last) {
                try (PointerScope scope = new PointerScope()) {
                    BytePointer memory = new BytePointer(part.tensor().data_ptr());
                    memory.position(first - part.offset()).get(piece, (int) (first - from), (int) (last - first));
                }
            }
        }
        return piece;
    }

    /** Returns where a tensor's elements are in a block, or null if they are in none. */
    @Nullable
    ShmHandle find(Tensor tensor, TensorLayout layout) {
        if (layout.bytes() == 0 || !Parcel.lies(tensor, layout)) {
            return null;
        }
        long address = address(tensor);
        Map.Entry<Long, Place> before = places.floorEntry(address);
        if (before == null) {
            return null;
        }
        long offset = address - before.getKey();
        Place place = before.getValue();
        return offset + layout.bytes() > place.bytes()
                ? null
                : new ShmHandle(place.block(), 0, place.offset() + offset, layout);
    }

    private static long address(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            Pointer data = tensor.data_ptr();
            return data == null ? 0 : data.address();
        }
    }

    /** Frees the executors' copies of what they have mapped, after a round that used all blocks. */
    void trim() {
        blocks.subList(trimmed, blocks.size()).forEach(SharedBlock::unpersist);
        trimmed = blocks.size();
    }

    /** Frees the blocks if Spark still runs. */
    @Override
    public void close() {
        if (!spark.sc().isStopped()) {
            blocks.forEach(SharedBlock::destroy);
        }
        kept.forEach(Tensor::close);
        kept.clear();
        blocks.clear();
        places.clear();
    }
}

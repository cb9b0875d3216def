package org.blazefl4j.spark;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Anything that a package may hold, as a byte array, which Spark ships fastest. Tensors that lie in memory that all
 * executors have ({@link SharedMemory}) cross as their places; others follow the message.
 *
 * <pre>
 *   0               4         4 + m
 *   +---------------+---------+-------------+
 *   | m, big endian | message | tensors ... |
 *   +---------------+---------+-------------+
 * </pre>
 */
final class Parcel {

    /** In place of the number of a block: the tensor is in the parcel, or has no elements. */
    private static final long INSIDE = 0;

    /** In place of the number of a block: the tensor was left out. */
    private static final long LEFT_OUT = -1;

    /** In place of the number of a block: the tensor is in the parcel, as {@link Pages}. */
    private static final long PAGES = -2;

    /** What Spark takes at once: an array, less the 5 bytes that Java's serialization adds to each KiB of a result. */
    static final int MOST_BYTES = ArrayPool.LONGEST / 128 * 127;

    private Parcel() {}

    /** A tensor and where its elements begin. */
    private record Part(Tensor tensor, TensorLayout layout, long offset) {}

    /**
     * Encodes an object.
     *
     * @param what its name, for messages
     * @param shared returns where a tensor is in shared memory, or null if it is not
     * @throws IllegalArgumentException if something in it cannot cross, or it is larger than Spark takes
     */
    static byte[] encode(
            String what, @Nullable Object graph, BiFunction<Tensor, TensorLayout, @Nullable ShmHandle> shared) {
        return encode(what, graph, shared, ArrayPool.NONE).array();
    }

    private static PooledBytes encode(
            String what,
            @Nullable Object graph,
            BiFunction<Tensor, TensorLayout, @Nullable ShmHandle> shared,
            ArrayPool pool) {
        List<Part> parts = new ArrayList<>();
        long[] end = new long[1];
        ByteBuffer message = new PackageEncoder().encode(graph, (path, tensor, layout, unbounded) -> {
            ShmHandle place = shared.apply(tensor, layout);
            if (place != null) {
                return place;
            }
            parts.add(new Part(tensor, layout, end[0]));
            end[0] += layout.bytes();
            return new ShmHandle(INSIDE, 0, parts.get(parts.size() - 1).offset, layout);
        });
        int start = Integer.BYTES + message.remaining();
        PooledBytes parcel = begin(what, message, end[0], pool);
        parts.forEach(part -> copy(part.tensor, part.layout, parcel.array(), start + (int) part.offset));
        return parcel;
    }

    /** Returns a parcel with its message, and room for the tensors. */
    private static PooledBytes begin(String what, ByteBuffer message, long tensorBytes, ArrayPool pool) {
        long bytes = Integer.BYTES + message.remaining() + tensorBytes;
        requireFits(what, bytes, MOST_BYTES);
        PooledBytes parcel = new PooledBytes(pool, (int) bytes);
        ByteBuffer.wrap(parcel.array()).putInt(message.remaining()).put(message);
        return parcel;
    }

    static void requireFits(String what, long bytes, long limit) {
        if (bytes > limit) {
            throw new IllegalArgumentException(what + " too large for Spark: bytes=" + bytes + ", limit=" + limit
                    + "; give tasks fewer clients (withClientsPerTask), train a smaller model, or on one machine");
        }
    }

    /** Encodes an object with all its tensors. */
    static byte[] encode(String what, @Nullable Object graph) {
        return encode(what, graph, ArrayPool.NONE).array();
    }

    /** Encodes an object with all its tensors. */
    static PooledBytes encode(String what, @Nullable Object graph, ArrayPool pool) {
        return encode(what, graph, (tensor, layout) -> null, pool);
    }

    /** Encodes a package whose tensors are not needed: they arrive without elements. */
    static PooledBytes encodeWithoutTensors(String what, Object graph, ArrayPool pool) {
        ByteBuffer message = new PackageEncoder()
                .encode(graph, (path, tensor, layout, unbounded) -> new ShmHandle(LEFT_OUT, 0, 0, layout));
        return begin(what, message, 0, pool);
    }

    /**
     * Encodes an object whose tensors are mostly zeros from the second half on: a sum.
     *
     * @throws IllegalArgumentException as {@link #encode}, or if one of them is larger than Spark takes
     */
    static byte[] encodeSum(String what, Object graph) {
        return encodeSum(what, graph, ArrayPool.NONE).array();
    }

    /** Encodes a sum, as {@link #encodeSum(String, Object)}. */
    static PooledBytes encodeSum(String what, Object graph, ArrayPool pool) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            List<Pages> all = new ArrayList<>();
            long[] end = new long[1];
            ByteBuffer message = new PackageEncoder().encode(graph, (path, tensor, layout, unbounded) -> {
                requireFits(what, layout.bytes(), MOST_BYTES);
                Pages pages = Pages.of(dense(tensor, layout), layout.bytes());
                all.add(pages);
                end[0] += pages.bytes();
                return new ShmHandle(PAGES, 0, end[0] - pages.bytes(), layout);
            });
            int at = Integer.BYTES + message.remaining();
            PooledBytes parcel = begin(what, message, end[0], pool);
            for (Pages pages : all) {
                pages.write(parcel.array(), at);
                at += (int) pages.bytes();
            }
            return parcel;
        }
    }

    private static Tensor dense(Tensor tensor, TensorLayout layout) {
        return lies(tensor, layout) ? tensor : empty(layout).copy_(tensor);
    }

    /** Copies a tensor's elements in a layout to a place in an array. */
    static void copy(Tensor tensor, TensorLayout layout, byte[] to, int offset) {
        if (layout.bytes() == 0) {
            return;
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            new BytePointer(dense(tensor, layout).data_ptr()).get(to, offset, (int) layout.bytes());
        }
    }

    /** Returns whether a tensor's memory has its elements as a layout says. */
    static boolean lies(Tensor tensor, TensorLayout layout) {
        if (tensor.is_conj() || tensor.is_neg()) {
            return false;
        }
        long[] sizes = layout.sizes();
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] > 1 && tensor.stride(i) != layout.strides()[i]) {
                return false;
            }
        }
        return true;
    }

    /** Returns a tensor with undefined elements, which the caller owns. */
    static Tensor empty(TensorLayout layout) {
        try (TensorOptions options = new TensorOptions(layout.dtype())) {
            return Tensors.withHugePages(torch.empty_strided(layout.sizes(), layout.strides(), options));
        }
    }

    /**
     * Decodes an object, whose tensors the caller owns.
     *
     * @param blocks returns the memory of a block by its number
     * @param memory returns tensors with undefined elements, such as {@link #empty}
     */
    static @Nullable Object decode(
            byte[] parcel,
            int length,
            ClassLoader loader,
            LongFunction<Tensor> blocks,
            Function<TensorLayout, Tensor> memory) {
        ByteBuffer bytes = ByteBuffer.wrap(parcel, 0, length);
        int start = Integer.BYTES + bytes.getInt();
        ByteBuffer message = bytes.slice(Integer.BYTES, start - Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return new PackageDecoder(loader).decode(message, handle -> {
            TensorLayout layout = handle.layout();
            if (handle.segment() == LEFT_OUT) {
                long[] none = new long[layout.sizes().length];
                return empty(new TensorLayout(layout.dtype(), none, TensorLayout.contiguous(none)));
            }
            if (handle.segment() == PAGES) {
                Tensor tensor = memory.apply(layout);
                Pages.read(parcel, start + (int) handle.offset(), tensor, layout.bytes());
                return tensor;
            }
            if (handle.segment() != INSIDE) {
                return view(blocks.apply(handle.segment()), handle);
            }
            handle.checkWithin(length - start);
            Tensor tensor = memory.apply(layout);
            put(parcel, start + (int) handle.offset(), tensor, (int) layout.bytes());
            return tensor;
        });
    }

    /** Decodes an object of a class that is not null. */
    static <T> T decode(
            byte[] parcel,
            ClassLoader loader,
            LongFunction<Tensor> blocks,
            Function<TensorLayout, Tensor> memory,
            Class<T> type) {
        return type.cast(Objects.requireNonNull(decode(parcel, parcel.length, loader, blocks, memory)));
    }

    /** Decodes an object that refers to no block. */
    static @Nullable Object decode(byte[] parcel, ClassLoader loader) {
        return decode(parcel, parcel.length, loader, Parcel::empty);
    }

    /** Decodes an object that refers to no block, from the beginning of an array. */
    static @Nullable Object decode(
            byte[] array, int length, ClassLoader loader, Function<TensorLayout, Tensor> memory) {
        return decode(array, length, loader, Parcel::noBlock, memory);
    }

    private static Tensor noBlock(long block) {
        throw new IllegalArgumentException("results refer to no block: block=" + block);
    }

    /** Returns a view of a tensor of bytes, which the caller owns. */
    static Tensor view(Tensor block, ShmHandle handle) {
        handle.checkWithin(block.numel());
        TensorLayout layout = handle.layout();
        try (Tensor part = block.narrow(0, handle.offset(), layout.bytes());
                Tensor typed = part.view(layout.dtype())) {
            return typed.as_strided(layout.sizes(), layout.strides());
        }
    }

    private static void put(byte[] from, int offset, Tensor tensor, int bytes) {
        if (bytes > 0) {
            try (PointerScope scope = new PointerScope()) {
                new BytePointer(tensor.data_ptr()).put(from, offset, bytes);
            }
        }
    }

    /** Returns the elements of a tensor of bytes, which is then closed; null for null. */
    static byte @Nullable [] take(@Nullable Tensor bytes) {
        if (bytes == null) {
            return null;
        }
        try (bytes) {
            byte[] array = new byte[(int) bytes.numel()];
            copy(bytes, TensorLayout.of(bytes), array, 0);
            return array;
        }
    }

    /** Returns a tensor of bytes, which the caller owns; null for null. */
    static @Nullable Tensor tensor(byte @Nullable [] array) {
        return array == null ? null : tensor(List.of(array), array.length);
    }

    /** Returns a tensor of the bytes of some arrays, which the caller owns. */
    static Tensor tensor(List<byte[]> arrays, long bytes) {
        Tensor tensor = empty(new TensorLayout(torch.ScalarType.Byte, new long[] {bytes}, new long[] {1}));
        try (PointerScope scope = new PointerScope()) {
            BytePointer memory = new BytePointer(tensor.data_ptr());
            long at = 0;
            for (byte[] array : arrays) {
                memory.position(at).put(array, 0, array.length);
                at += array.length;
            }
        }
        return tensor;
    }
}

package org.blazefl4j.codec;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A package as self-contained bytes, tensors included, for packages that outlive a round or the process. Takes whatever
 * {@link PackageEncoder} takes.
 *
 * <p>Little endian; tensors follow in the order in which the encoder meets them, each at the next multiple of 64 bytes,
 * with zeros in between. Offsets in handles count from the first multiple of 64 after the message.
 *
 * <pre>
 *   0        4        8           16              20      64
 *   +--------+--------+-----------+---------------+-------+---------+-------------+
 *   | format | CRC-32C| all bytes | message bytes | zeros | message | tensors ... |
 *   +--------+--------+-----------+---------------+-------+---------+-------------+
 *                     | &lt;- covered by the CRC-32C                    -> |
 * </pre>
 */
public final class PackageBytes {

    private static final int FORMAT = 'B' | 'F' << 8 | 'B' << 16 | 1 << 24;

    private static final int HEADER_BYTES = 64;
    private static final int CHECKSUM_AT = 4;
    private static final int CHECKED_FROM = 8;
    private static final int BYTES_AT = 8;
    private static final int MESSAGE_BYTES_AT = 16;

    private static final long ALIGNMENT = 64;

    private PackageBytes() {}

    /**
     * Encodes a package.
     *
     * @param graph the package; not changed, and not to be changed meanwhile. Its tensors stay the caller's.
     * @return the bytes, a contiguous tensor of uint8 with one dimension, which the caller owns
     * @throws IllegalArgumentException if something in the package cannot cross
     */
    public static Tensor encode(@Nullable Object graph) {
        Placer placer = new Placer();
        ByteBuffer message = new PackageEncoder().encode(graph, placer);
        Tensor bytes = ByteTensors.empty(tensorsFrom(message.remaining()) + placer.end);
        boolean gradients = GradMode.is_enabled();
        GradMode.set_enabled(false);
        try (PointerScope scope = new PointerScope()) {
            write(bytes, message, placer);
            return bytes;
        } catch (Throwable failure) {
            bytes.close();
            throw failure;
        } finally {
            GradMode.set_enabled(gradients);
        }
    }

    private static void write(Tensor bytes, ByteBuffer message, Placer placer) {
        int messageBytes = message.remaining();
        long messageEnd = HEADER_BYTES + (long) messageBytes;
        message(bytes, messageBytes).put(message);
        placer.copy(bytes, messageEnd, tensorsFrom(messageBytes));
        clear(bytes, 0, HEADER_BYTES);
        ByteBuffer header = ByteTensors.buffer(bytes, 0, HEADER_BYTES);
        header.putInt(0, FORMAT).putLong(BYTES_AT, bytes.numel()).putInt(MESSAGE_BYTES_AT, messageBytes);
        header.putInt(CHECKSUM_AT, ByteTensors.checksum(bytes, CHECKED_FROM));
    }

    private static void clear(Tensor bytes, long from, long to) {
        ByteTensors.buffer(bytes, from, to).put(new byte[(int) (to - from)]);
    }

    /** Returns where the tensors start. */
    private static long tensorsFrom(int messageBytes) {
        return aligned(HEADER_BYTES + (long) messageBytes);
    }

    private static long aligned(long offset) {
        return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /**
     * Decodes a package. Does not trust the bytes: returns a package or throws {@link PackageFormatException}, and
     * never allocates more than the number of bytes accounts for.
     *
     * @param bytes what {@link #encode} returned, or a copy of it; not changed, and stays the caller's
     * @param loader finds the classes of the package
     * @param declared as for {@link PackageDecoder#PackageDecoder(ClassLoader, Class)}; null for a trusted source
     * @return the package; its tensors are copies that the caller owns
     * @throws PackageFormatException if the bytes are not a complete, undamaged package, do not fit this process's
     *     classes, or hold a class that is not declared
     */
    public static @Nullable Object decode(Tensor bytes, ClassLoader loader, @Nullable Class<?> declared) {
        int messageBytes = check(bytes);
        Resolver resolver = new Resolver(bytes, tensorsFrom(messageBytes));
        @Nullable Object graph = new PackageDecoder(loader, declared).decode(message(bytes, messageBytes), resolver);
        if (resolver.end != bytes.numel()) {
            TensorWalk.closeAll(graph);
            throw damaged("tensors end at=" + resolver.end, bytes.numel() + " bytes");
        }
        return graph;
    }

    /**
     * Checks that {@link #decode} will decode a package as declared, without copying its tensors.
     *
     * @param bytes what {@link #encode} returned
     * @param loader finds the classes of the package
     * @param type the package's class
     * @throws PackageFormatException if it will not
     */
    public static void requireDeclared(Tensor bytes, ClassLoader loader, Class<?> type) {
        try (PointerScope scope = new PointerScope()) {
            int messageBytes = ByteTensors.buffer(bytes, 0, HEADER_BYTES).getInt(MESSAGE_BYTES_AT);
            long start = tensorsFrom(messageBytes);
            new PackageDecoder(loader, CrossingRules.isOfPlatform(type) ? Object.class : type)
                    .decode(
                            message(bytes, messageBytes),
                            handle -> handle.layout().bytes() == 0
                                    ? room(handle.layout())
                                    : ByteTensors.view(bytes, start + handle.offset(), handle.layout()));
        }
    }

    private static ByteBuffer message(Tensor bytes, int messageBytes) {
        return ByteTensors.buffer(bytes, HEADER_BYTES, HEADER_BYTES + (long) messageBytes);
    }

    private static Tensor room(TensorLayout layout) {
        try (TensorOptions options = new TensorOptions(layout.dtype())) {
            return torch.empty_strided(layout.sizes(), layout.strides(), options);
        }
    }

    /** Checks header and checksum; returns the length of the message. */
    private static int check(Tensor bytes) {
        if (!ByteTensors.areBytes(bytes)) {
            throw new PackageFormatException(
                    "no package: type=another tensor, expected=contiguous uint8 of one dimension on the CPU");
        }
        long found = bytes.numel();
        if (found < HEADER_BYTES) {
            throw new PackageFormatException("no package: bytes=" + found + ", limit=" + HEADER_BYTES + " or more");
        }
        ByteBuffer header = ByteTensors.buffer(bytes, 0, HEADER_BYTES);
        if (header.getInt(0) != FORMAT) {
            throw new PackageFormatException(
                    "no package: format=" + Integer.toHexString(header.getInt(0)) + ", expected="
                            + Integer.toHexString(FORMAT) + "; read it with the version of the library that wrote it");
        }
        long stated = header.getLong(BYTES_AT);
        if (stated != found) {
            throw damaged("bytes=" + found, stated + " bytes");
        }
        int checksum = ByteTensors.checksum(bytes, CHECKED_FROM);
        if (header.getInt(CHECKSUM_AT) != checksum) {
            throw damaged(
                    "bytes=" + found + ", checksum=" + Integer.toHexString(checksum),
                    Integer.toHexString(header.getInt(CHECKSUM_AT)));
        }
        int messageBytes = header.getInt(MESSAGE_BYTES_AT);
        if (messageBytes < 0 || tensorsFrom(messageBytes) > found) {
            throw damaged("message bytes=" + messageBytes, found + " bytes");
        }
        return messageBytes;
    }

    private static PackageFormatException damaged(String what, String expected) {
        return new PackageFormatException("package damaged: " + what + ", expected=" + expected);
    }

    /** Lays out tensors one after another, and copies them once the start of the first is known. */
    private static final class Placer implements TensorPlacer {

        private record Part(Tensor tensor, long offset, TensorLayout layout) {}

        private final List<Part> parts = new ArrayList<>();
        private long end;

        @Override
        public ShmHandle place(Supplier<String> path, Tensor tensor, TensorLayout layout, boolean unbounded) {
            long offset = aligned(end);
            parts.add(new Part(tensor, offset, layout));
            end = offset + layout.bytes();
            return new ShmHandle(0, 0, offset, layout);
        }

        void copy(Tensor bytes, long messageEnd, long start) {
            long written = messageEnd;
            for (Part part : parts) {
                clear(bytes, written, start + part.offset);
                written = start + part.offset + part.layout.bytes();
                if (part.layout.bytes() > 0) {
                    try (Tensor target = ByteTensors.view(bytes, start + part.offset, part.layout)) {
                        target.copy_(part.tensor);
                    }
                }
            }
            clear(bytes, written, start + end);
        }
    }

    /** Copies the tensors, which must lie as the encoder placed them. */
    private static final class Resolver implements TensorResolver {

        private final Tensor bytes;
        private final long start;
        private long end;

        Resolver(Tensor bytes, long start) {
            this.bytes = bytes;
            this.start = start;
            this.end = start;
        }

        @Override
        public Tensor resolve(ShmHandle handle) {
            TensorLayout layout = handle.layout();
            long from = aligned(end);
            handle.checkWithin(bytes.numel() - start);
            if (handle.offset() != from - start) {
                throw damaged("tensor at=" + handle.offset(), String.valueOf(from - start));
            }
            end = from + layout.bytes();
            Tensor copy = room(layout);
            if (layout.bytes() > 0) {
                try (Tensor view = ByteTensors.view(bytes, from, layout)) {
                    copy.copy_(view);
                }
            }
            return copy;
        }
    }
}

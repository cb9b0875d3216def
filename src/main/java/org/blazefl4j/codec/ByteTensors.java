package org.blazefl4j.codec;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Byte buffers in native memory: contiguous one-dimensional uint8 tensors on the CPU. */
public final class ByteTensors {

    /** The most bytes that one Java buffer covers. */
    private static final long CHUNK = 1L << 30;

    private ByteTensors() {}

    /** Allocates bytes with undefined contents. The caller owns them. */
    public static Tensor empty(long bytes) {
        try (TensorOptions options = new TensorOptions(ScalarType.Byte)) {
            return torch.empty(new long[] {bytes}, options, null);
        }
    }

    /** Returns whether a tensor holds bytes, aligned so that elements of any type can start at multiples of 16. */
    static boolean areBytes(Tensor tensor) {
        return TensorLayout.refusal(tensor, false) == null
                && Tensors.type(tensor) == ScalarType.Byte
                && tensor.dim() == 1
                && tensor.is_contiguous()
                && tensor.storage_offset() % 16 == 0;
    }

    /**
     * Returns a little-endian view of some of the bytes. Valid while the tensor is open.
     *
     * @throws IndexOutOfBoundsException if the range lies outside the tensor or exceeds 1 GiB
     */
    public static ByteBuffer buffer(Tensor bytes, long from, long to) {
        if (from < 0 || to < from || to > bytes.numel() || to - from > CHUNK) {
            throw new IndexOutOfBoundsException(
                    "bytes of a tensor: from=" + from + ", to=" + to + ", limit=" + bytes.numel() + ", 1 GiB at once");
        }
        if (from == to) {
            return ByteBuffer.allocate(0);
        }
        try (PointerScope scope = new PointerScope()) {
            BytePointer memory = new BytePointer(bytes.data_ptr());
            return memory.position(from).limit(to).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    /** Returns views of all bytes from an offset, as few as cover them. */
    private static List<ByteBuffer> chunks(Tensor bytes, long from) {
        List<ByteBuffer> chunks = new ArrayList<>();
        for (long at = from; at < bytes.numel(); at += CHUNK) {
            chunks.add(buffer(bytes, at, Math.min(bytes.numel(), at + CHUNK)));
        }
        return chunks;
    }

    /** Writes all bytes to a channel. */
    public static void write(Tensor bytes, WritableByteChannel channel) throws IOException {
        for (ByteBuffer chunk : chunks(bytes, 0)) {
            while (chunk.hasRemaining()) {
                channel.write(chunk);
            }
        }
    }

    /**
     * Reads bytes from a channel. The caller owns the result.
     *
     * @throws EOFException if the channel ends early
     */
    public static Tensor read(long bytes, ReadableByteChannel channel) throws IOException {
        Tensor read = empty(bytes);
        try {
            long count = 0;
            for (ByteBuffer chunk : chunks(read, 0)) {
                while (chunk.hasRemaining()) {
                    int more = channel.read(chunk);
                    if (more < 0) {
                        throw new EOFException("bytes end early: bytes=" + count + ", limit=" + bytes);
                    }
                    count += more;
                }
            }
            return read;
        } catch (Throwable failure) {
            read.close();
            throw failure;
        }
    }

    /** Returns the CRC-32C of the bytes from an offset to the end. */
    static int checksum(Tensor bytes, long from) {
        CRC32C checksum = new CRC32C();
        chunks(bytes, from).forEach(checksum::update);
        return (int) checksum.getValue();
    }

    /**
     * Returns a tensor that views some of the bytes.
     *
     * @param from the offset, a multiple of the element size
     * @param layout the layout, which must fit in the bytes
     */
    static Tensor view(Tensor bytes, long from, TensorLayout layout) {
        try (Tensor part = bytes.narrow(0, from, layout.bytes());
                Tensor typed = part.view(layout.dtype())) {
            return typed.as_strided(layout.sizes(), layout.strides());
        }
    }
}

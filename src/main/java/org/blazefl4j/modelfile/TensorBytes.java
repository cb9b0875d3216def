package org.blazefl4j.modelfile;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import org.blazefl4j.codec.ByteTensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Tensors as their raw bytes. */
final class TensorBytes {

    private static final long CHUNK = 1L << 30;

    private TensorBytes() {}

    /** Returns a view of a contiguous tensor's bytes. The caller closes it. */
    static Tensor of(Tensor tensor) {
        try (Tensor flat = tensor.flatten()) {
            return flat.view(ScalarType.Byte);
        }
    }

    /**
     * Returns a contiguous tensor of some of the bytes, which it keeps in memory. The layout must fit in the bytes. The
     * caller closes it.
     *
     * @param offset of the first element, in elements
     */
    static Tensor strided(Tensor bytes, ElementType type, long offset, long[] shape, long[] strides) {
        try (PointerScope scope = new PointerScope()) {
            Tensor part = bytes.view(type.dtype()).as_strided(shape, strides, new LongOptional(offset));
            return part.contiguous().retainReference();
        }
    }

    /** Returns the strides of a contiguous tensor. */
    static long[] strides(long[] shape) {
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= Math.max(1, shape[i]);
        }
        return strides;
    }

    static long crc32(Tensor bytes) {
        CRC32 crc = new CRC32();
        for (long at = 0; at < bytes.numel(); at += CHUNK) {
            ByteBuffer chunk = ByteTensors.buffer(bytes, at, Math.min(bytes.numel(), at + CHUNK));
            crc.update(chunk);
        }
        return crc.getValue();
    }
}

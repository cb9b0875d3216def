package org.blazefl4j.shm;

import java.util.Arrays;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** How far a tensor's elements reach in memory. */
final class TensorSpan {

    private TensorSpan() {}

    /**
     * The bytes from a tensor's first element to its last, both included; 0 if it has none.
     *
     * @throws IllegalArgumentException if there is not one stride for each size, one of them is negative, or the bytes
     *     are more than a long holds
     */
    static long bytes(ScalarType dtype, long[] sizes, long[] strides) {
        if (sizes.length != strides.length) {
            throw new IllegalArgumentException("tensor in a segment: strides=" + strides.length + ", limit="
                    + sizes.length + "; give one stride for each size");
        }
        try {
            return Math.multiplyExact(elements(sizes, strides), elementBytes(dtype));
        } catch (ArithmeticException overflow) {
            throw new IllegalArgumentException(
                    "tensor in a segment: sizes=" + Arrays.toString(sizes) + ", strides=" + Arrays.toString(strides)
                            + ", limit=less than 2^63 bytes; the message is damaged",
                    overflow);
        }
    }

    /** The strides of a contiguous tensor. */
    static long[] contiguous(long[] sizes) {
        long[] strides = new long[sizes.length];
        long next = 1;
        for (int i = sizes.length - 1; i >= 0; i--) {
            strides[i] = next;
            next = next * Math.max(sizes[i], 1);
        }
        return strides;
    }

    /**
     * The bytes of one element.
     *
     * @throws IllegalArgumentException for quantised tensors, which need more than their elements, and for what is no
     *     type
     */
    static long elementBytes(ScalarType dtype) {
        switch (dtype) {
            case QInt8, QUInt8, QInt32, QUInt4x2, QUInt2x4, Undefined, NumOptions ->
                throw new IllegalArgumentException("tensor in a segment: dtype=" + dtype
                        + ", limit=types whose elements are all there is;" + " dequantize it first");
            default -> {
                return torch.elementSize(dtype);
            }
        }
    }

    private static long elements(long[] sizes, long[] strides) {
        long last = 0;
        boolean empty = false;
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] < 0 || strides[i] < 0) {
                throw new IllegalArgumentException("tensor in a segment: size=" + sizes[i] + ", stride=" + strides[i]
                        + ", dimension=" + i + ", limit=0 or more; make the tensor contiguous");
            }
            empty |= sizes[i] == 0;
            last = empty ? 0 : Math.addExact(last, Math.multiplyExact(sizes[i] - 1, strides[i]));
        }
        return empty ? 0 : Math.addExact(last, 1);
    }
}

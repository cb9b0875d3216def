package org.blazefl4j.codec;

import java.util.Arrays;
import java.util.Objects;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The layout of a tensor's elements in shared memory: dense, without gaps or overlap.
 *
 * <p>Every instance is valid: the dtype may cross, the product of sizes does not overflow, and the strides are a
 * permutation of contiguous ones. The tensor covers exactly {@link #bytes()} bytes.
 *
 * @param dtype the element type
 * @param sizes one per dimension, at most 64; not to be changed
 * @param strides in elements, one per dimension; not to be changed
 */
public record TensorLayout(ScalarType dtype, long[] sizes, long[] strides) {

    private static final int MAX_DIMENSIONS = 64;

    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException if they are not a dense layout
     */
    public TensorLayout {
        dtype = Tensors.constant(dtype);
        if (ElementTypes.bytes(dtype) == 0) {
            throw invalid("dtype=" + ElementTypes.name(dtype), "dtypes of whole bytes that are not quantized");
        }
        if (sizes.length > MAX_DIMENSIONS || sizes.length != strides.length) {
            throw invalid(
                    "dimensions=" + sizes.length + ", strides=" + strides.length,
                    "as many strides as dimensions, at most " + MAX_DIMENSIONS);
        }
        checkSizes(dtype, sizes);
        if (!isDense(sizes, strides)) {
            throw invalid(
                    "sizes=" + Arrays.toString(sizes) + ", strides=" + Arrays.toString(strides),
                    "strides without gaps or overlap");
        }
    }

    /**
     * Returns the layout of a tensor on arrival: its own strides if they are dense, as with {@code channels_last} or a
     * transposed matrix, otherwise contiguous. Tensors without elements arrive contiguous.
     *
     * @throws IllegalArgumentException if the tensor cannot cross: closed, undefined, sparse, quantized or not on the
     *     CPU
     */
    public static TensorLayout of(Tensor tensor) {
        return of("", tensor);
    }

    /**
     * Like {@link #of(Tensor)}, for a tensor of a package.
     *
     * @param place the start of the message: empty, or {@code path=...,} and a blank
     * @throws IllegalArgumentException if the tensor cannot cross
     */
    public static TensorLayout of(String place, Tensor tensor) {
        String refusal = refusal(tensor, false);
        if (refusal != null) {
            throw new IllegalArgumentException("cannot cross: " + place + refusal);
        }
        return measure(tensor);
    }

    /** Returns the layout of a tensor that has no {@link #refusal}. */
    static TensorLayout measure(Tensor tensor) {
        ScalarType dtype = Objects.requireNonNull(ElementTypes.of(tensor.scalar_type().value), "dtype that crosses");
        int dimensions = (int) tensor.dim();
        long[] sizes = new long[dimensions];
        long[] strides = new long[dimensions];
        for (int i = 0; i < dimensions; i++) {
            sizes[i] = tensor.size(i);
            strides[i] = tensor.stride(i);
        }
        long numel = numel(sizes);
        for (int i = 0; i < dimensions; i++) {
            // the stride of a dimension of size 1 is never used, and may have any value in a view
            strides[i] = sizes[i] == 1 ? Math.min(strides[i], numel) : strides[i];
        }
        return new TensorLayout(dtype, sizes, isDense(sizes, strides) ? strides : contiguous(sizes));
    }

    /**
     * Returns why a tensor cannot cross, as {@code type=..., expected=...; remedy}, or null if it can.
     *
     * @param anywhere whether it may lie on a CUDA device
     */
    static @Nullable String refusal(Tensor tensor, boolean anywhere) {
        if (tensor.isNull()) {
            return "type=closed Tensor, expected=open tensors; close it after sending it, not before";
        }
        if (!tensor.defined()) {
            return "type=undefined Tensor, expected=defined tensors; use null, or a tensor of size 0";
        }
        if (!tensor.is_cpu() && !(anywhere && tensor.is_cuda())) {
            String device = tensor.device().str().getString();
            return "type=Tensor on " + device + ", expected=tensors on the CPU; move it there with cpu()";
        }
        if (!tensor.has_storage() || tensor.is_nested()) {
            String layout =
                    tensor.is_nested() ? "nested" : tensor.layout().intern().name();
            return "type=Tensor with layout " + layout + ", expected=dense tensors; send to_dense() or its parts";
        }
        ScalarType dtype = tensor.scalar_type();
        if (ElementTypes.bytes(dtype) == 0) {
            return "type=Tensor of dtype " + ElementTypes.name(dtype)
                    + ", expected=dtypes of whole bytes that are not quantized; convert it with to(...) or dequantize()";
        }
        return null;
    }

    /** Returns the number of elements. */
    public long numel() {
        return numel(sizes);
    }

    /** Returns the bytes of all elements. */
    public long bytes() {
        return numel() * elementBytes();
    }

    /** Returns the bytes of one element. Addresses are multiples of it. */
    public int elementBytes() {
        return ElementTypes.bytes(dtype);
    }

    /** Returns whether the strides are contiguous. */
    public boolean isContiguous() {
        return isContiguous(sizes, strides);
    }

    /** Returns the contiguous strides, in elements, for these sizes. */
    public static long[] contiguous(long[] sizes) {
        long[] strides = new long[sizes.length];
        long next = 1;
        for (int i = sizes.length - 1; i >= 0; i--) {
            strides[i] = next;
            next *= Math.max(1, sizes[i]);
        }
        return strides;
    }

    private static long numel(long[] sizes) {
        long numel = 1;
        for (long size : sizes) {
            numel *= size;
        }
        return numel;
    }

    private static void checkSizes(ScalarType dtype, long[] sizes) {
        long bytes = ElementTypes.bytes(dtype);
        for (long size : sizes) {
            long factor = Math.max(1, size);
            if (size < 0 || Math.multiplyHigh(bytes, factor) != 0 || bytes * factor < 0) {
                throw invalid("sizes=" + Arrays.toString(sizes), "none negative, less than 2^63 bytes together");
            }
            bytes *= factor;
        }
    }

    private static boolean isDense(long[] sizes, long[] strides) {
        return isContiguous(sizes, strides) || isPermuted(sizes, strides);
    }

    private static boolean isContiguous(long[] sizes, long[] strides) {
        long next = 1;
        for (int i = sizes.length - 1; i >= 0; i--) {
            if (strides[i] != next) {
                return false;
            }
            next *= Math.max(1, sizes[i]);
        }
        return true;
    }

    /** Returns whether some order of the dimensions is dense. False for tensors without elements. */
    private static boolean isPermuted(long[] sizes, long[] strides) {
        long numel = numel(sizes);
        if (numel == 0) {
            return false;
        }
        for (long stride : strides) {
            if (stride < 0 || stride > numel) {
                return false;
            }
        }
        // each step takes the next dimension in memory; strides grow, so none is taken twice
        long next = 1;
        while (next < numel) {
            int dimension = dimensionAt(next, sizes, strides);
            if (dimension < 0) {
                return false;
            }
            next *= sizes[dimension];
        }
        return true;
    }

    private static int dimensionAt(long stride, long[] sizes, long[] strides) {
        for (int i = sizes.length - 1; i >= 0; i--) {
            if (strides[i] == stride && sizes[i] > 1) {
                return i;
            }
        }
        return -1;
    }

    private static IllegalArgumentException invalid(String what, String expected) {
        return new IllegalArgumentException("no dense tensor layout: " + what + ", expected=" + expected);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TensorLayout that
                && dtype == that.dtype
                && Arrays.equals(sizes, that.sizes)
                && Arrays.equals(strides, that.strides);
    }

    @Override
    public int hashCode() {
        return (dtype.value * 31 + Arrays.hashCode(sizes)) * 31 + Arrays.hashCode(strides);
    }

    @Override
    public String toString() {
        return ElementTypes.name(dtype) + Arrays.toString(sizes) + " strides " + Arrays.toString(strides);
    }
}

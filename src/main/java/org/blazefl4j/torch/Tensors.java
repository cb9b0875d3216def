package org.blazefl4j.torch;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.blazefl4j.binding.Native;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Small helpers on tensors. */
public final class Tensors {

    private static final long CHUNK = 1L << 30;

    /** How many elements at either end of a tensor are looked at for NaN. */
    private static final long END = 1024;

    private Tensors() {}

    /**
     * A tensor of int64 numbers, copied without the {@code sun.misc.Unsafe} that JavaCPP's indexers use and new JVMs
     * warn of.
     *
     * @param values in logical order
     * @param shape whose product is the number of values; left out for one dimension
     * @return the caller owns it
     */
    public static Tensor of(long[] values, long... shape) {
        return make(ScalarType.Long, values.length, shape, data -> new LongPointer(data).put(values, 0, values.length));
    }

    /**
     * A tensor of float32 numbers, as {@link #of(long[], long...)}.
     *
     * @param values in logical order
     * @param shape whose product is the number of values; left out for one dimension
     * @return the caller owns it
     */
    public static Tensor of(float[] values, long... shape) {
        return make(
                ScalarType.Float, values.length, shape, data -> new FloatPointer(data).put(values, 0, values.length));
    }

    /**
     * A tensor of uint8 numbers, as {@link #of(long[], long...)}.
     *
     * @param values in logical order, as unsigned bytes
     * @param shape whose product is the number of values; left out for one dimension
     * @return the caller owns it
     */
    public static Tensor of(byte[] values, long... shape) {
        return make(ScalarType.Byte, values.length, shape, data -> new BytePointer(data).put(values, 0, values.length));
    }

    private static Tensor make(ScalarType dtype, int length, long[] shape, Consumer<Pointer> copy) {
        long[] sizes = shape.length == 0 ? new long[] {length} : shape;
        if (Arrays.stream(sizes).reduce(1, Math::multiplyExact) != length) {
            throw new IllegalArgumentException("values do not fill the shape: values=" + length + ", shape="
                    + Arrays.toString(sizes) + ", limit=as many values as the shape has elements");
        }
        LibTorch.load();
        try (TensorOptions options = new TensorOptions(dtype)) {
            Tensor tensor = torch.zeros(sizes, options);
            if (length > 0) {
                try (PointerScope scope = new PointerScope()) {
                    copy.accept(tensor.data_ptr());
                }
            }
            return tensor;
        }
    }

    /** Whether there is a tensor to work with: neither null, nor closed, nor undefined. */
    public static boolean isOpen(Tensor tensor) {
        return tensor != null && !tensor.isNull() && tensor.defined();
    }

    /**
     * A second reference to a tensor's memory. It lives until it is closed, whichever {@code PointerScope} this is
     * called in, and whether the tensor is closed or not.
     */
    public static Tensor alias(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            return tensor.detach().retainReference();
        }
    }

    /**
     * Whether a tensor holds neither NaN nor infinities: one pass over memory as it lies, without a copy on the CPU.
     * Tensors of whole numbers and those without memory of their own (closed, undefined, sparse) are finite.
     *
     * @param tensor any dtype, shape, strides and device
     */
    public static boolean isFinite(Tensor tensor) {
        return isFinite(tensor, Long.MAX_VALUE);
    }

    /**
     * The same of the first and the last 1024 elements of a longer tensor that lies in one piece on the CPU, of any
     * other as a whole. Training that diverges leaves NaN in all layers, which this finds in a microsecond, whatever
     * the size.
     *
     * @param tensor any dtype, shape, strides and device
     */
    public static boolean isFiniteAtEnds(Tensor tensor) {
        return isFinite(tensor, END);
    }

    private static boolean isFinite(Tensor tensor, long end) {
        if (tensor.isNull() || !tensor.defined() || !tensor.has_storage() || tensor.numel() == 0) {
            return true;
        }
        int exponentBits = switch (tensor.scalar_type().intern()) {
            case Half -> 5;
            case Float, BFloat16 -> 8;
            case Double -> 11;
            default -> 0;
        };
        if (exponentBits > 0 && tensor.is_cpu() && tensor.is_non_overlapping_and_dense()) {
            int bytes = (int) tensor.element_size();
            long address = tensor.data_ptr().address();
            long elements = tensor.numel();
            long first = Math.min(end, elements);
            long last = Math.min(end, elements - first);
            return Native.isFinite(address, first, bytes, exponentBits) != 0
                    && Native.isFinite(address + (elements - last) * bytes, last, bytes, exponentBits) != 0;
        }
        return exponentBits == 0 && !tensor.is_floating_point() && !tensor.is_complex() || isFiniteElsewhere(tensor);
    }

    /** LibTorch does not look at numbers of one byte. */
    private static boolean isFiniteElsewhere(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            Tensor values = tensor.element_size() > 1
                    ? tensor.detach()
                    : tensor.detach().toType(ScalarType.Float);
            return values.isfinite().all().item_bool();
        }
    }

    /**
     * The SHA-256 of a tensor's elements in logical order, as raw bytes of the machine; dtype and shape are left out.
     *
     * @param tensor any dtype, shape, strides and device
     * @return 64 hexadecimal digits
     */
    public static String sha256(Tensor tensor) {
        MessageDigest digest = newSha256();
        add(digest, tensor);
        return HexFormat.of().formatHex(digest.digest());
    }

    /**
     * The SHA-256 of several tensors in this order, each as a line with its dtype and shape, such as {@code byte
     * [60000, 1, 28, 28]}, in ASCII and ended by {@code \n}, and then its elements as in {@link #sha256(Tensor)}.
     *
     * @return 64 hexadecimal digits
     */
    public static String sha256(List<Tensor> tensors) {
        MessageDigest digest = newSha256();
        for (Tensor tensor : tensors) {
            digest.update((describe(tensor) + "\n").getBytes(StandardCharsets.US_ASCII));
            add(digest, tensor);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** A tensor's dtype and shape, as messages show them: {@code byte [60000, 1, 28, 28]}. */
    public static String describe(Tensor tensor) {
        return tensor.scalar_type().intern().name().toLowerCase(Locale.ROOT) + " " + Arrays.toString(tensor.shape());
    }

    private static void add(MessageDigest digest, Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            Tensor dense = tensor.detach().cpu().contiguous();
            BytePointer bytes = new BytePointer(dense.data_ptr());
            long size = dense.nbytes();
            for (long at = 0; at < size; at += CHUNK) {
                bytes.position(at).limit(Math.min(size, at + CHUNK));
                digest.update(bytes.asBuffer());
            }
        }
    }

    private static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}

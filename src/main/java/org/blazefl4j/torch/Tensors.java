package org.blazefl4j.torch;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.blazefl4j.binding.Native;
import org.blazefl4j.util.Sha256;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Small helpers on tensors. */
public final class Tensors {

    private static final long CHUNK = 1L << 30;

    /** The number of elements that {@link #isFiniteAtEnds} checks at either end. */
    private static final long END = 1024;

    /** From this size on, malloc always maps memory. */
    private static final long OWN_MAPPING = 32 << 20;

    /** All element types, at the numbers that LibTorch gives them. */
    private static final ScalarType[] TYPES = byNumber();

    private Tensors() {}

    private static ScalarType[] byNumber() {
        ScalarType[] all = ScalarType.values();
        ScalarType[] types = new ScalarType
                [1 + Arrays.stream(all).mapToInt(type -> type.value).max().orElse(0)];
        Arrays.stream(all).filter(type -> type.value >= 0).forEach(type -> types[type.value] = type);
        return types;
    }

    /** Returns the element type of a tensor as the constant that {@code ==} finds, which JavaCPP does not return. */
    public static ScalarType type(Tensor tensor) {
        return constant(tensor.scalar_type());
    }

    /** Does what {@link ScalarType#intern()} does, which copies all constants at each call. */
    public static ScalarType constant(ScalarType type) {
        boolean known = type.value >= 0 && type.value < TYPES.length;
        return known ? TYPES[type.value] : type;
    }

    /**
     * Copies a tensor of the CPU to a device, for what the calling thread computes there next. Does not wait for a CUDA
     * device: the elements cross from page-locked memory, which LibTorch reuses only afterwards.
     *
     * @return a tensor that the caller owns; on the CPU it shares the memory
     */
    public static Tensor send(Tensor tensor, Device device) {
        if (!device.is_cuda()) {
            return tensor.to(device, type(tensor));
        }
        try (MemoryFormatOptional format = new MemoryFormatOptional();
                Tensor pinned = tensor.pin_memory()) {
            return pinned.to(device, type(tensor), true, false, format);
        }
    }

    /**
     * Creates an int64 tensor. Does not use JavaCPP's indexers, whose {@code sun.misc.Unsafe} causes warnings in new
     * JVMs.
     *
     * @param values in logical order
     * @param shape with as many elements as values; omit it for one dimension
     * @return a tensor that the caller owns
     */
    public static Tensor of(long[] values, long... shape) {
        return make(ScalarType.Long, values.length, shape, data -> new LongPointer(data).put(values, 0, values.length));
    }

    /** Creates a float32 tensor, as {@link #of(long[], long...)}. */
    public static Tensor of(float[] values, long... shape) {
        return make(
                ScalarType.Float, values.length, shape, data -> new FloatPointer(data).put(values, 0, values.length));
    }

    /** Creates a uint8 tensor of unsigned bytes, as {@link #of(long[], long...)}. */
    public static Tensor of(byte[] values, long... shape) {
        return make(ScalarType.Byte, values.length, shape, data -> new BytePointer(data).put(values, 0, values.length));
    }

    /**
     * Asks for huge pages for the memory of a tensor that was just made, and has no elements yet, if it is large: the
     * first use of each small page costs the kernel a microsecond or more.
     *
     * @return the same tensor
     */
    public static Tensor withHugePages(Tensor fresh) {
        long bytes = fresh.nbytes();
        if (bytes >= OWN_MAPPING) {
            try (Pointer data = fresh.data_ptr()) {
                Native.adviseHugePages(data.address(), bytes); // a failure costs only speed
            }
        }
        return fresh;
    }

    private static Tensor make(ScalarType dtype, int length, long[] shape, Consumer<Pointer> copy) {
        long[] sizes = shape.length == 0 ? new long[] {length} : shape;
        if (Arrays.stream(sizes).reduce(1, Math::multiplyExact) != length) {
            throw new IllegalArgumentException("values do not fill the shape: values=" + length + ", shape="
                    + Arrays.toString(sizes) + ", expected=as many values as the shape has elements");
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

    /** Whether a tensor is usable: neither null nor closed nor undefined. */
    public static boolean isOpen(Tensor tensor) {
        return tensor != null && !tensor.isNull() && tensor.defined();
    }

    /** Returns a second reference to a tensor's memory, independent of the tensor and of the current pointer scope. */
    public static Tensor alias(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            return tensor.detach().retainReference();
        }
    }

    /** Returns a tensor's elements on the CPU, independent of the current pointer scope: an alias if they are there. */
    public static Tensor onCpu(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            return tensor.detach().cpu().retainReference();
        }
    }

    /**
     * Whether a tensor contains neither NaN nor infinities. On the CPU, takes one pass over the memory without a copy.
     * Integer tensors and those without memory (closed, undefined, sparse) are finite.
     *
     * @param tensor any dtype, shape, strides and device
     */
    public static boolean isFinite(Tensor tensor) {
        return isFinite(tensor, Long.MAX_VALUE);
    }

    /**
     * Like {@link #isFinite}, but checks only the first and last 1024 elements of a contiguous tensor, or on the CPU of
     * a dense one. This detects diverged training, which leaves NaN in all layers, in a microsecond, whatever the size.
     */
    public static boolean isFiniteAtEnds(Tensor tensor) {
        return isFinite(tensor, END);
    }

    private static boolean isFinite(Tensor tensor, long end) {
        if (tensor.isNull() || !tensor.defined() || !tensor.has_storage() || tensor.numel() == 0) {
            return true;
        }
        int exponentBits = switch (Tensors.type(tensor)) {
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
        if (exponentBits > 0 && end < tensor.numel() / 2 && tensor.is_contiguous()) {
            try (PointerScope scope = new PointerScope()) {
                Tensor flat = tensor.detach().view(-1);
                return isFiniteByLibTorch(flat.narrow(0, 0, end))
                        && isFiniteByLibTorch(flat.narrow(0, flat.numel() - end, end));
            }
        }
        return exponentBits == 0 && !tensor.is_floating_point() && !tensor.is_complex() || isFiniteByLibTorch(tensor);
    }

    /** LibTorch's {@code isfinite} does not support one-byte types. */
    private static boolean isFiniteByLibTorch(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            Tensor values = tensor.element_size() > 1
                    ? tensor.detach()
                    : tensor.detach().toType(ScalarType.Float);
            return values.isfinite().all().item_bool();
        }
    }

    /**
     * Returns the sum of a float32 tensor's squares in FP64; on the CPU, in an order that depends on the length only.
     */
    public static double sumOfSquares(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            if (!tensor.is_cpu()) {
                return tensor.toType(ScalarType.Double).square().sum().item_double();
            }
            Tensor dense = tensor.contiguous();
            return Native.sumSquaresF32(dense.data_ptr().address(), dense.numel());
        }
    }

    /**
     * Returns the SHA-256 of a tensor's elements in logical order, as the machine's raw bytes, without dtype and shape.
     *
     * @param tensor any dtype, shape, strides and device
     * @return 64 hexadecimal digits
     */
    public static String sha256(Tensor tensor) {
        MessageDigest digest = Sha256.newDigest();
        add(digest, tensor);
        return HexFormat.of().formatHex(digest.digest());
    }

    /**
     * Returns the SHA-256 of several tensors in this order: for each a line with its dtype and shape in ASCII, such as
     * {@code byte [60000, 1, 28, 28]}, ended by {@code \n}, then its elements as in {@link #sha256(Tensor)}.
     *
     * @return 64 hexadecimal digits
     */
    public static String sha256(List<Tensor> tensors) {
        MessageDigest digest = Sha256.newDigest();
        for (Tensor tensor : tensors) {
            digest.update((describe(tensor) + "\n").getBytes(StandardCharsets.US_ASCII));
            add(digest, tensor);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Returns a tensor's dtype and shape for messages: {@code byte [60000, 1, 28, 28]}. */
    public static String describe(Tensor tensor) {
        return Tensors.type(tensor).name().toLowerCase(Locale.ROOT) + " " + Arrays.toString(tensor.shape());
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
}

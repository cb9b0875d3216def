package org.blazefl4j.modelfile;

import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The types of elements that files hold, named as in safetensors. */
enum ElementType {
    F64(ScalarType.Double, "DoubleStorage", 8),
    F32(ScalarType.Float, "FloatStorage", 4),
    F16(ScalarType.Half, "HalfStorage", 2),
    BF16(ScalarType.BFloat16, "BFloat16Storage", 2),
    I64(ScalarType.Long, "LongStorage", 8),
    I32(ScalarType.Int, "IntStorage", 4),
    I16(ScalarType.Short, "ShortStorage", 2),
    I8(ScalarType.Char, "CharStorage", 1),
    U8(ScalarType.Byte, "ByteStorage", 1),
    BOOL(ScalarType.Bool, "BoolStorage", 1);

    private final ScalarType dtype;
    private final String storage;
    private final int bytes;

    ElementType(ScalarType dtype, String storage, int bytes) {
        this.dtype = dtype;
        this.storage = storage;
        this.bytes = bytes;
    }

    /** LibTorch's name. */
    ScalarType dtype() {
        return dtype;
    }

    /** The class in Python's module {@code torch} that stands for the type in pickles. */
    String storage() {
        return storage;
    }

    /** The size of an element. */
    int bytes() {
        return bytes;
    }

    static Optional<ElementType> named(String name) {
        return Arrays.stream(values()).filter(each -> each.name().equals(name)).findFirst();
    }

    static Optional<ElementType> stored(String storage) {
        return Arrays.stream(values())
                .filter(each -> each.storage.equals(storage))
                .findFirst();
    }

    /**
     * Returns the type of a tensor.
     *
     * @throws IllegalArgumentException if files hold no such type
     */
    static ElementType of(String name, ScalarType dtype) {
        return Arrays.stream(values())
                .filter(each -> each.dtype == dtype)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("tensor cannot be written: name=" + name + ", dtype="
                        + dtype + ", expected=a real number type; convert it"));
    }
}

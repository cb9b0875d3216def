package org.blazefl4j.codec;

import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** The dtypes that may cross, with their element sizes. */
public final class ElementTypes {

    /** Greater than the number of every dtype. */
    public static final int COUNT = 256;

    private static final @Nullable ScalarType[] TYPES = new ScalarType[COUNT];
    private static final int[] BYTES = new int[COUNT];

    static {
        support(1, ScalarType.Bool, ScalarType.Byte, ScalarType.Char);
        support(1, ScalarType.Float8_e5m2, ScalarType.Float8_e4m3fn, ScalarType.Float8_e8m0fnu);
        support(1, ScalarType.Float8_e5m2fnuz, ScalarType.Float8_e4m3fnuz);
        support(2, ScalarType.Short, ScalarType.UInt16, ScalarType.Half, ScalarType.BFloat16);
        support(4, ScalarType.Int, ScalarType.UInt32, ScalarType.Float, ScalarType.ComplexHalf);
        support(8, ScalarType.Long, ScalarType.UInt64, ScalarType.Double, ScalarType.ComplexFloat);
        support(16, ScalarType.ComplexDouble);
    }

    private ElementTypes() {}

    private static void support(int bytes, ScalarType... types) {
        for (ScalarType type : types) {
            TYPES[type.value] = type;
            BYTES[type.value] = bytes;
        }
    }

    /** Returns the enum constant for a dtype number, or null if that dtype cannot cross. */
    public static @Nullable ScalarType of(int value) {
        return value >= 0 && value < TYPES.length ? TYPES[value] : null;
    }

    /** Returns the bytes of one element, or 0 if the dtype cannot cross. */
    public static int bytes(ScalarType type) {
        return BYTES[type.value & 0xff];
    }

    /** Returns the dtype's name. Constants made by native code have no name until they are interned. */
    static String name(ScalarType type) {
        return Tensors.constant(type).name();
    }
}

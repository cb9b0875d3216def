package org.blazefl4j.codec;

import org.bytedeco.pytorch.global.torch.ScalarType;

/** The dtypes that may cross, and the bytes of one element. */
public final class ElementTypes {

    /** Above the number of every dtype. */
    public static final int COUNT = 256;

    private static final ScalarType[] TYPES = new ScalarType[COUNT];
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

    /** The enum's own constant for a number, or null where that dtype does not cross. */
    public static ScalarType of(int value) {
        return value >= 0 && value < TYPES.length ? TYPES[value] : null;
    }

    /** The bytes of one element, or 0 where the dtype does not cross. */
    public static int bytes(ScalarType type) {
        return BYTES[type.value & 0xff];
    }

    /** The dtype's name; constants that come from native code have none of their own. */
    static String name(ScalarType type) {
        return type.intern().name();
    }
}

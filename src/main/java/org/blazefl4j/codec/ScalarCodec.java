package org.blazefl4j.codec;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.BitSet;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Writes and reads values that contain no other values, without their kind. Both ways are one large method, for the
 * reason given at {@code PackageDecoder.readComposite}.
 */
final class ScalarCodec {

    /** Half the largest size of a BigInteger. */
    private static final int MAX_NUMBER_BYTES = 1 << 27;

    private ScalarCodec() {}

    static void write(Object value, ClassPlan plan, MessageWriter out) {
        switch (plan.kind) {
            case BOOLEAN -> out.u8((Boolean) value ? 1 : 0);
            case BYTE -> out.u8((Byte) value);
            case SHORT -> out.i16((Short) value);
            case CHARACTER -> out.i16((Character) value);
            case INTEGER -> out.i32((Integer) value);
            case LONG -> out.i64((Long) value);
            case FLOAT -> out.i32(Float.floatToRawIntBits((Float) value));
            case DOUBLE -> out.i64(Double.doubleToRawLongBits((Double) value));
            case STRING -> out.string((String) value);
            case PRIMITIVE_ARRAY -> out.primitiveArray(value);
            case OPTIONAL_INT -> {
                OptionalInt optional = (OptionalInt) value;
                out.u8(optional.isPresent() ? 1 : 0);
                out.i32(optional.orElse(0));
            }
            case OPTIONAL_LONG -> {
                OptionalLong optional = (OptionalLong) value;
                out.u8(optional.isPresent() ? 1 : 0);
                out.i64(optional.orElse(0));
            }
            case OPTIONAL_DOUBLE -> {
                OptionalDouble optional = (OptionalDouble) value;
                out.u8(optional.isPresent() ? 1 : 0);
                out.i64(Double.doubleToRawLongBits(optional.orElse(0)));
            }
            case BIG_INTEGER -> writeBigInteger((BigInteger) value, out);
            case BIG_DECIMAL -> {
                out.i32(((BigDecimal) value).scale());
                writeBigInteger(((BigDecimal) value).unscaledValue(), out);
            }
            case BIT_SET -> out.primitiveArray(((BitSet) value).toLongArray());
            case TEXT -> {
                out.u8(Objects.requireNonNull(plan.text, "text").ordinal());
                out.string(value.toString());
            }
            default -> throw new AssertionError(plan.kind);
        }
    }

    private static void writeBigInteger(BigInteger value, MessageWriter out) {
        byte[] bytes = value.toByteArray();
        out.varint(bytes.length);
        out.bytes(bytes);
    }

    /** Reads a value; primitives arrive boxed. */
    static Object read(Kind kind, MessageReader in) {
        return switch (kind) {
            case BOOLEAN -> readBoolean(in);
            case BYTE -> (byte) in.u8();
            case SHORT -> in.i16();
            case CHARACTER -> (char) in.i16();
            case INTEGER -> in.i32();
            case LONG -> in.i64();
            case FLOAT -> Float.intBitsToFloat(in.i32());
            case DOUBLE -> Double.longBitsToDouble(in.i64());
            case STRING -> in.string();
            case PRIMITIVE_ARRAY -> in.primitiveArray();
            case OPTIONAL_INT -> {
                boolean present = readBoolean(in);
                int value = in.i32();
                yield present ? OptionalInt.of(value) : OptionalInt.empty();
            }
            case OPTIONAL_LONG -> {
                boolean present = readBoolean(in);
                long value = in.i64();
                yield present ? OptionalLong.of(value) : OptionalLong.empty();
            }
            case OPTIONAL_DOUBLE -> {
                boolean present = readBoolean(in);
                double value = Double.longBitsToDouble(in.i64());
                yield present ? OptionalDouble.of(value) : OptionalDouble.empty();
            }
            case BIG_INTEGER -> readBigInteger(in);
            case BIG_DECIMAL -> {
                int scale = in.i32();
                yield new BigDecimal(readBigInteger(in), scale);
            }
            case BIT_SET -> {
                if (in.primitiveArray() instanceof long[] words) {
                    yield BitSet.valueOf(words);
                }
                throw in.damaged("words of a bit set are not longs", "long");
            }
            case TEXT -> readText(in);
            default -> throw in.damaged("kind=" + kind, "kinds of values");
        };
    }

    private static boolean readBoolean(MessageReader in) {
        int value = in.u8();
        if (value > 1) {
            throw in.damaged("boolean=" + value, "0 or 1");
        }
        return value == 1;
    }

    private static BigInteger readBigInteger(MessageReader in) {
        int length = in.index(MAX_NUMBER_BYTES);
        if (length == 0) {
            throw in.damaged("bytes of a number=0", "1 or more");
        }
        return new BigInteger(in.bytes(length));
    }

    private static Object readText(MessageReader in) {
        int number = in.u8();
        TextValue type = TextValue.of(number);
        if (type == null) {
            throw in.damaged("text type=" + number, "known types");
        }
        String text = in.string();
        try {
            return type.parse.apply(text);
        } catch (RuntimeException e) {
            throw new PackageFormatException("package damaged: text does not read as " + type, e);
        }
    }

    static void writeHandle(ShmHandle handle, MessageWriter out) {
        TensorLayout layout = handle.layout();
        out.varint(handle.segment());
        out.varint(handle.generation());
        out.varint(handle.offset());
        out.u8(layout.dtype().value);
        boolean contiguous = layout.isContiguous();
        out.u8(layout.sizes().length << 1 | (contiguous ? 0 : 1));
        writeLongs(layout.sizes(), out);
        if (!contiguous) {
            writeLongs(layout.strides(), out);
        }
    }

    private static void writeLongs(long[] values, MessageWriter out) {
        for (long value : values) {
            out.varint(value);
        }
    }

    /** Reads a handle and checks its layout. The resolver checks its place. */
    static ShmHandle readHandle(MessageReader in) {
        long segment = in.varint();
        long generation = in.varint();
        long offset = in.varint();
        int number = in.u8();
        ScalarType dtype = ElementTypes.of(number);
        if (dtype == null) {
            throw in.damaged("dtype=" + number, "dtypes that cross");
        }
        int header = in.u8();
        long[] sizes = readLongs(header >>> 1, in);
        long[] strides = (header & 1) == 1 ? readLongs(sizes.length, in) : TensorLayout.contiguous(sizes);
        try {
            return new ShmHandle(segment, generation, offset, new TensorLayout(dtype, sizes, strides));
        } catch (IllegalArgumentException e) {
            throw new PackageFormatException("package damaged: " + e.getMessage(), e);
        }
    }

    private static long[] readLongs(int count, MessageReader in) {
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = in.varint();
        }
        return values;
    }
}

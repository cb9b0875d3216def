package org.blazefl4j.codec;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Bulk copies of primitive arrays. The number of an element type is its index in {@link #TYPES}. */
final class PrimitiveArrays {

    private static final Class<?>[] TYPES = {
        boolean.class, byte.class, short.class, char.class, int.class, long.class, float.class, double.class
    };
    private static final int[] BYTES = {1, 1, 2, 2, 4, 8, 4, 8};

    private PrimitiveArrays() {}

    static int number(Class<?> elementType) {
        int number = 0;
        while (TYPES[number] != elementType) {
            number++;
        }
        return number;
    }

    /** Returns the element type with a number, if it exists. */
    static @Nullable Class<?> elementType(int number) {
        return number < TYPES.length ? TYPES[number] : null;
    }

    static int elementBytes(int number) {
        return BYTES[number];
    }

    /** Writes all elements to the buffer, from its position. */
    static void copy(Object array, int number, ByteBuffer to) {
        switch (number) {
            case 0 -> {
                for (boolean value : (boolean[]) array) {
                    to.put((byte) (value ? 1 : 0));
                }
            }
            case 1 -> to.put((byte[]) array);
            case 2 -> to.asShortBuffer().put((short[]) array);
            case 3 -> to.asCharBuffer().put((char[]) array);
            case 4 -> to.asIntBuffer().put((int[]) array);
            case 5 -> to.asLongBuffer().put((long[]) array);
            case 6 -> to.asFloatBuffer().put((float[]) array);
            default -> to.asDoubleBuffer().put((double[]) array);
        }
    }

    /** Fills the array from the buffer, from its position. */
    static void fill(Object array, int number, ByteBuffer from) {
        switch (number) {
            case 0 -> {
                boolean[] values = (boolean[]) array;
                for (int i = 0; i < values.length; i++) {
                    values[i] = from.get() != 0;
                }
            }
            case 1 -> from.get((byte[]) array);
            case 2 -> from.asShortBuffer().get((short[]) array);
            case 3 -> from.asCharBuffer().get((char[]) array);
            case 4 -> from.asIntBuffer().get((int[]) array);
            case 5 -> from.asLongBuffer().get((long[]) array);
            case 6 -> from.asFloatBuffer().get((float[]) array);
            default -> from.asDoubleBuffer().get((double[]) array);
        }
    }
}

package org.blazefl4j.codec;

import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Builds a message in a buffer that grows and is reused. */
public final class MessageWriter {

    private static final int FIRST_BYTES = 1 << 10;
    private static final int KEPT_BYTES = 1 << 22;

    private final int limit;
    private byte[] bytes = new byte[FIRST_BYTES];
    private int size;

    /** Whether the message is only checked, so that long values need not be copied. */
    private boolean measuring;

    /** The bytes of the values that were not copied. */
    private long left;

    public MessageWriter(int limit) {
        this.limit = limit;
    }

    /** Starts a message. */
    public void start() {
        start(false);
    }

    /** Starts a message, which may be only checked, not read. */
    void start(boolean onlyMeasured) {
        measuring = onlyMeasured;
        left = 0;
        if (bytes.length > KEPT_BYTES) {
            bytes = new byte[FIRST_BYTES];
        }
        size = Message.HEADER_BYTES;
    }

    /** Finishes the message. Returns a view that is valid until the next message starts. */
    public ByteBuffer finish() {
        Message.seal(bytes, 0, size);
        return ByteBuffer.wrap(bytes, 0, size).slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    public void kind(Kind kind) {
        u8(kind.ordinal());
    }

    public void u8(int value) {
        int at = take(1);
        bytes[at] = (byte) value;
    }

    void i16(int value) {
        int at = take(Short.BYTES);
        Message.SHORT.set(bytes, at, (short) value);
    }

    void i32(int value) {
        patch(later(), value);
    }

    void i64(long value) {
        int at = take(Long.BYTES);
        Message.LONG.set(bytes, at, value);
    }

    /** Reserves an int; returns the position to pass to {@link #patch}. */
    int later() {
        return take(Integer.BYTES);
    }

    void patch(int at, int value) {
        Message.INT.set(bytes, at, value);
    }

    /** Writes a number that is usually small: seven bits per byte, lowest first. */
    public void varint(long value) {
        ensure(10);
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    void bytes(byte[] source) {
        if (measuring) {
            leave(source.length);
            return;
        }
        int at = take(source.length);
        System.arraycopy(source, 0, bytes, at, source.length);
    }

    /** Writes length and width, then one or two bytes per char, so that unpaired surrogates cross too. */
    void string(String text) {
        int length = text.length();
        if (measuring) {
            leave(2L * length);
            return;
        }
        int start = size;
        varint((long) length << 1);
        ensure(length);
        int at = size;
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c > 0xff) {
                size = start;
                wideString(text);
                return;
            }
            bytes[at++] = (byte) c;
        }
        size = at;
    }

    private void wideString(String text) {
        int length = text.length();
        varint((long) length << 1 | 1);
        int at = take(2L * length);
        for (int i = 0; i < length; i++) {
            Message.SHORT.set(bytes, at + Short.BYTES * i, (short) text.charAt(i));
        }
    }

    void primitiveArray(Object array) {
        int number = PrimitiveArrays.number(array.getClass().getComponentType());
        int length = Array.getLength(array);
        u8(number);
        i32(length);
        long needed = (long) length * PrimitiveArrays.elementBytes(number);
        if (measuring) {
            leave(needed);
            return;
        }
        int at = take(needed);
        PrimitiveArrays.copy(
                array, number, ByteBuffer.wrap(bytes, at, size - at).slice().order(ByteOrder.LITTLE_ENDIAN));
    }

    /** Adds bytes to be written; returns where they start. May replace the array. */
    private int take(long more) {
        ensure(more);
        int at = size;
        size += (int) more;
        return at;
    }

    private void ensure(long more) {
        long needed = size + more;
        if (needed > bytes.length) {
            grow(needed);
        }
    }

    private void leave(long more) {
        left += more;
        check(size + left);
    }

    private void check(long needed) {
        if (needed > limit) {
            throw new IllegalArgumentException(
                    "package too large: bytes=" + needed + ", limit=" + limit + "; put large arrays into tensors");
        }
    }

    private void grow(long needed) {
        check(needed);
        bytes = Arrays.copyOf(bytes, (int) Math.min(limit, Math.max(needed, 2L * bytes.length)));
    }
}

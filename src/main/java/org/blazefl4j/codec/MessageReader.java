package org.blazefl4j.codec;

import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads a message. Never reads beyond its end, and rejects counts that exceed the remaining bytes. */
final class MessageReader {

    private static final int KEPT_BYTES = 1 << 22;

    private byte[] own = new byte[0];
    private byte[] bytes = own;
    private int at;
    private int end;

    /** Elements announced by counts but not read yet; each takes at least one byte. */
    private long announced;

    /**
     * Starts a message with the buffer's remaining bytes. Copies them first if another process could change them.
     *
     * @throws PackageFormatException if they are not an undamaged message
     */
    void start(ByteBuffer message) {
        int length = message.remaining();
        if (message.hasArray()) {
            bytes = message.array();
            at = message.arrayOffset() + message.position();
        } else {
            own = own.length < length ? new byte[Math.min(length, Message.MAX_BYTES)] : own;
            if (length <= own.length) {
                message.get(message.position(), own, 0, length);
            }
            bytes = own;
            at = 0;
        }
        Message.check(bytes, at, length);
        end = at + length;
        at += Message.HEADER_BYTES;
        announced = 0;
    }

    /** Releases the message. */
    void release() {
        own = own.length > KEPT_BYTES ? new byte[0] : own;
        bytes = own;
    }

    /** Checks that the message was read to its end. */
    void finish() {
        if (at != end) {
            throw damaged("bytes after the end=" + (end - at), "0");
        }
    }

    PackageFormatException damaged(String found, String expected) {
        return new PackageFormatException("package damaged: " + found + ", expected=" + expected);
    }

    /** Returns the next byte without reading it. */
    int peek() {
        if (at == end) {
            throw damaged("bytes wanted=1", "at most 0, the bytes that remain");
        }
        return bytes[at] & 0xff;
    }

    /** Returns the place of the next byte, for {@link #since}. */
    int at() {
        return at;
    }

    /** Returns a copy of the bytes that were read since a place. */
    byte[] since(int place) {
        return Arrays.copyOfRange(bytes, place, at);
    }

    int u8() {
        return bytes[take(1)] & 0xff;
    }

    short i16() {
        return (short) Message.SHORT.get(bytes, take(Short.BYTES));
    }

    int i32() {
        return (int) Message.INT.get(bytes, take(Integer.BYTES));
    }

    long i64() {
        return (long) Message.LONG.get(bytes, take(Long.BYTES));
    }

    long varint() {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            int next = u8();
            value |= (long) (next & 0x7f) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw damaged("number longer than 10 bytes", "10 bytes");
    }

    /** Reads a varint that must be an index below a size. */
    int index(int size) {
        long index = varint();
        if (index < 0 || index >= size) {
            throw damaged("index=" + index, "below " + size);
        }
        return (int) index;
    }

    /** Reads the number of elements that follow, each of at least so many values. */
    int count(int valuesPerElement) {
        int count = i32();
        long needed = (long) count * valuesPerElement;
        if (count < 0 || needed > end - at - announced) {
            throw damaged("elements=" + count, "at most " + (end - at - announced) + ", the bytes that remain");
        }
        announced += needed;
        return count;
    }

    /** Counts one announced value as read. */
    void next() {
        announced--;
    }

    String string() {
        long header = varint();
        boolean wide = (header & 1) == 1;
        long length = header >>> 1;
        int from = take(length);
        return wide
                ? wideString(from, (int) length)
                : new String(bytes, from, (int) length, StandardCharsets.ISO_8859_1);
    }

    private String wideString(int from, int length) {
        take(length); // the other half of the bytes
        char[] chars = new char[length];
        for (int i = 0; i < length; i++) {
            chars[i] = (char) (short) Message.SHORT.get(bytes, from + Short.BYTES * i);
        }
        return new String(chars);
    }

    byte[] bytes(int length) {
        int from = take(length);
        return Arrays.copyOfRange(bytes, from, at);
    }

    /** Skips the expected bytes if they come next; returns whether they did. */
    boolean skip(byte[] expected) {
        boolean found = expected.length <= end - at
                && Arrays.equals(bytes, at, at + expected.length, expected, 0, expected.length);
        at += found ? expected.length : 0;
        return found;
    }

    Object primitiveArray() {
        int number = u8();
        Class<?> type = PrimitiveArrays.elementType(number);
        int length = i32();
        if (type == null || length < 0) {
            throw damaged("element type=" + number + ", length=" + length, "type 0 to 7, length 0 or more");
        }
        int from = take((long) length * PrimitiveArrays.elementBytes(number));
        Object array = Array.newInstance(type, length);
        PrimitiveArrays.fill(
                array, number, ByteBuffer.wrap(bytes, from, at - from).slice().order(ByteOrder.LITTLE_ENDIAN));
        return array;
    }

    /** Reads the next bytes; returns where they start. */
    private int take(long length) {
        if (length > end - at) {
            throw damaged("bytes wanted=" + length, "at most " + (end - at) + ", the bytes that remain");
        }
        int from = at;
        at += (int) length;
        return from;
    }
}

package org.blazefl4j.data.file;

import org.blazefl4j.data.stream.TensorWriter;

/**
 * Whole numbers that wait, outside the heap, to be read once in their order. Small ones, which most codes of characters
 * are, take one byte: the lowest 7 bits of a number come first, and the highest bit of a byte says that more follow.
 */
final class Tape {

    private static final int MORE = 0x80;

    private final TensorWriter bytes = TensorWriter.ofBytes();
    private final byte[] buffer = new byte[TensorWriter.BUFFER];
    private int next = buffer.length;

    /** Adds a number, 0 or more; not after one was read. */
    void add(int number) {
        int rest = number;
        for (; rest >= MORE; rest >>>= 7) {
            bytes.addByte(rest | MORE);
        }
        bytes.addByte(rest);
    }

    /** Reads the next number, from the first on. */
    int read() {
        int part = readByte();
        int number = part & MORE - 1;
        for (int shift = 7; part < 0; shift += 7) {
            part = readByte();
            number |= (part & MORE - 1) << shift;
        }
        return number;
    }

    private byte readByte() {
        if (next == buffer.length) {
            bytes.drain(buffer);
            next = 0;
        }
        return buffer[next++];
    }
}

package org.blazefl4j.spark;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * The elements of a tensor that lie densely, in pages, without those that hold zeros alone: a bit for each page, and
 * then the others. For sums, whose second half is mostly zeros, as few elements need more than a double.
 */
final class Pages {

    /** Small enough that one element in a thousand leaves most of them out. */
    private static final int PAGE_BYTES = 512;

    private static final byte[] ZEROS = new byte[PAGE_BYTES];

    private final Tensor tensor;
    private final long bytes;
    private final BitSet used;

    private Pages(Tensor tensor, long bytes, BitSet used) {
        this.tensor = tensor;
        this.bytes = bytes;
        this.used = used;
    }

    /** Finds the pages of a tensor no larger than a Java array, which stays the caller's. */
    static Pages of(Tensor tensor, long bytes) {
        BitSet used = new BitSet();
        if (bytes == 0) {
            return new Pages(tensor, bytes, used);
        }
        try (PointerScope scope = new PointerScope()) {
            ByteBuffer zeros = ByteBuffer.wrap(ZEROS);
            ByteBuffer memory =
                    new BytePointer(tensor.data_ptr()).capacity(bytes).asByteBuffer();
            for (long from = 0; from < bytes; from += PAGE_BYTES) {
                int length = (int) Math.min(PAGE_BYTES, bytes - from);
                if (memory.slice((int) from, length).mismatch(zeros.slice(0, length)) >= 0) {
                    used.set((int) (from / PAGE_BYTES));
                }
            }
        }
        return new Pages(tensor, bytes, used);
    }

    /** Returns how many bytes an array needs for them. */
    long bytes() {
        long[] count = {bitBytes(bytes)};
        forEachRun((from, length) -> count[0] += length);
        return count[0];
    }

    /** Writes them to an array. */
    void write(byte[] array, int offset) {
        byte[] bits = used.toByteArray();
        System.arraycopy(bits, 0, array, offset, bits.length);
        int[] at = {offset + bitBytes(bytes)};
        try (PointerScope scope = new PointerScope()) {
            BytePointer memory = new BytePointer(tensor.data_ptr());
            forEachRun((from, length) -> {
                memory.position(from).get(array, at[0], length);
                at[0] += length;
            });
        }
    }

    /** Writes what {@link #write} wrote, and the zeros, to a tensor. */
    static void read(byte[] array, int offset, Tensor tensor, long bytes) {
        int first = offset + bitBytes(bytes);
        BitSet used = BitSet.valueOf(Arrays.copyOfRange(array, offset, first));
        int[] at = {first};
        try (PointerScope scope = new PointerScope()) {
            long[] end = {0};
            BytePointer memory = new BytePointer(tensor.data_ptr());
            new Pages(tensor, bytes, used).forEachRun((from, length) -> {
                Pointer.memset(memory.position(end[0]), 0, from - end[0]);
                memory.position(from).put(array, at[0], length);
                at[0] += length;
                end[0] = from + length;
            });
            if (bytes > 0) {
                Pointer.memset(memory.position(end[0]), 0, bytes - end[0]);
            }
        }
    }

    private interface Run {
        void of(long from, int length);
    }

    /** Calls back for neighbouring pages at once. */
    private void forEachRun(Run run) {
        for (int from = used.nextSetBit(0); from >= 0; ) {
            int to = used.nextClearBit(from);
            long start = (long) from * PAGE_BYTES;
            run.of(start, (int) (Math.min(bytes, (long) to * PAGE_BYTES) - start));
            from = used.nextSetBit(to);
        }
    }

    private static int bitBytes(long bytes) {
        return (int) ((bytes + PAGE_BYTES * Byte.SIZE - 1) / (PAGE_BYTES * Byte.SIZE));
    }
}

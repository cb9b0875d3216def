package org.blazefl4j.contrib.common;

import java.util.Arrays;
import org.blazefl4j.binding.Native;

/** Weighted vectors that are added to a sum in one pass, in their order. */
final class VectorBatch {

    private long[] addresses = new long[8];
    private double[] weights = new double[8];
    private int size;

    void add(long address, double weight) {
        if (size == addresses.length) {
            addresses = Arrays.copyOf(addresses, 2 * size);
            weights = Arrays.copyOf(weights, 2 * size);
        }
        addresses[size] = address;
        weights[size] = weight;
        size++;
    }

    int size() {
        return size;
    }

    /**
     * Adds a range of all vectors.
     *
     * @param sum the address of the doubles to add to
     * @param fresh whether to take these doubles as zeros
     */
    void fold(long sum, long from, long to, boolean fresh) {
        int result = Native.foldF32(sum, addresses, weights, size, from, to, fresh ? 1 : 0);
        if (result != 0) {
            throw new IllegalArgumentException("misaligned vectors: sum=" + sum + ", addresses="
                    + Arrays.toString(Arrays.copyOf(addresses, size))
                    + ", expected=multiples of the element size; send tensors that LibTorch made");
        }
    }

    void clear() {
        size = 0;
    }
}

package org.blazefl4j.contrib.common;

import java.util.Arrays;
import org.blazefl4j.binding.Native;

/** Vectors in memory, each with its weight, that are to be added to a sum in one go, in their order. */
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
     * Adds them.
     *
     * @param sum the address of the doubles that they are added to
     * @param fresh whether to take these doubles as zeros, whatever they are
     */
    void fold(long sum, long from, long to, boolean fresh) {
        int result = Native.foldF32(sum, addresses, weights, size, from, to, fresh ? 1 : 0);
        if (result != 0) {
            throw new IllegalArgumentException("vectors do not lie as float32 do: sum=" + sum + ", addresses="
                    + Arrays.toString(Arrays.copyOf(addresses, size))
                    + ", limit=whole multiples of the size of an element; send tensors that LibTorch made");
        }
    }

    void clear() {
        size = 0;
    }
}

package org.blazefl4j.cuda;

import org.blazefl4j.util.Arguments;

/**
 * The exact sum of weighted float vectors that lie on a device: what the processor's sum gives, bit for bit, whatever
 * is added in whatever order. It takes 81 bytes of the device's memory an element, and at most half of what is free: if
 * clients' training ran out of memory for it, they would fail.
 *
 * <p>Vectors are read some time after {@link #fold} has returned, on a stream of the device's own, after what the
 * calling thread had queued there. They may then be freed nevertheless: slots of a {@link DeviceSegment} wait before
 * they are used again, and for vectors elsewhere {@code fold} itself waits. What is written is complete when a call
 * returns.
 *
 * <p>Used by one thread at a time.
 */
public final class DeviceSum implements AutoCloseable {

    /** The most elements that cross to the host at a time. */
    private static final long CHUNK = 1 << 20;

    private final CudaCalls calls;
    private final int device;
    private final long elements;
    private final long stream;
    /** 0 when closed. */
    private long address;
    /** Memory for what crosses; 0 as long as nothing has. */
    private long scratch;

    /**
     * Makes an empty sum.
     *
     * @param device the index of the device
     * @param elements above 0
     * @throws NoDeviceMemoryException if the device has too little memory
     */
    public DeviceSum(int device, long elements) {
        this(CudaRuntime.current(), device, elements);
    }

    private DeviceSum(CudaCalls calls, int device, long elements) {
        Arguments.require(elements > 0, "sum on a device: elements=" + elements + ", limit=1 or more");
        this.calls = calls;
        this.device = device;
        this.elements = elements;
        this.stream = calls.sumStream(device);
        long bytes = calls.sumBytes(elements);
        calls.check("lay out a sum", device, bytes);
        this.address = DeviceBlock.allocateUpToHalf(calls, "a sum", device, bytes);
        try {
            clear();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Returns the index of the device. */
    public int device() {
        return device;
    }

    /** Empties the sum. */
    public void clear() {
        requireOpen();
        calls.check("empty a sum", device, calls.sumClear(address, elements, stream));
    }

    /**
     * Adds vectors times their weights, which lie between 2<sup>-64</sup> and 2<sup>63</sup>.
     *
     * @param vectors the addresses of floats on this device, of as many elements
     */
    public void fold(long[] vectors, double[] weights, int count) {
        requireOpen();
        if (count == 0) {
            return;
        }
        begin();
        int result = calls.sumFold(address, elements, vectors, weights, count, stream);
        if (result < 0 || !areInSlots(vectors, count)) {
            int finished = calls.streamFinish(stream);
            result = result < 0 ? result : finished;
        }
        calls.check("add vectors", device, result);
    }

    private static boolean areInSlots(long[] vectors, int count) {
        boolean all = true;
        for (int i = 0; i < count; i++) {
            all &= DeviceSegment.holds(vectors[i]);
        }
        return all;
    }

    /** Lets the sum's stream wait for what the calling thread has queued. */
    private void begin() {
        calls.check("wait for vectors", device, calls.streamAfter(device, stream, calls.currentStream(device)));
    }

    /**
     * Writes the floats {@code sum / divisor} to memory of this device: the sum's nearest doubles divided and rounded.
     */
    public void divide(long floats, double divisor) {
        requireOpen();
        begin();
        calls.check("divide a sum", device, calls.sumDivide(address, elements, floats, divisor, 0, elements, stream));
        calls.check("finish a sum", device, calls.streamFinish(stream));
    }

    /** Writes the same to the host's memory. */
    public void divideToHost(long floats, double divisor) {
        requireOpen();
        cross(
                floats,
                Float.BYTES,
                (out, from, to) -> calls.sumDivide(address, elements, out, divisor, from, to, stream));
    }

    /**
     * Writes to the host's memory the doubles nearest to the sum as part 0, those nearest to what is left of it as part
     * 1, and so on. The parts add up to the sum exactly.
     */
    public void partToHost(int number, long doubles) {
        requireOpen();
        cross(
                doubles,
                Double.BYTES,
                (out, from, to) -> calls.sumPart(address, elements, number, out, from, to, stream));
    }

    /** Computes some elements of the result, where {@code out} would be the address of the first of all. */
    private interface Range {
        int compute(long out, long from, long to);
    }

    private void cross(long target, int bytes, Range range) {
        begin();
        long memory = scratch();
        int result = 0;
        for (long from = 0; from < elements && result >= 0; from += CHUNK) {
            long to = Math.min(elements, from + CHUNK);
            result = range.compute(memory - from * bytes, from, to);
            if (result >= 0) {
                result = calls.copy(target + from * bytes, memory, (to - from) * bytes, stream);
            }
        }
        int finished = calls.streamFinish(stream); // also after an error: what was queued writes to the target
        calls.check("read a sum", device, result < 0 ? result : finished);
    }

    private long scratch() {
        if (scratch == 0) {
            scratch = DeviceBlock.allocate(
                    calls, "what leaves a device", device, Math.min(elements, CHUNK) * Double.BYTES);
        }
        return scratch;
    }

    private void requireOpen() {
        if (address == 0) {
            throw new IllegalStateException("sum on a device is closed; make a new one");
        }
    }

    /** Frees the sum, after what was queued on its device. Idempotent. */
    @Override
    public void close() {
        long sum = address;
        long memory = scratch;
        address = 0;
        scratch = 0;
        if (memory != 0) {
            calls.free(memory);
        }
        if (sum != 0) {
            calls.free(sum);
        }
    }
}

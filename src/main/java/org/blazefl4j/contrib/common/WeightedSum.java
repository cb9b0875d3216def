package org.blazefl4j.contrib.common;

import java.util.Arrays;
import org.blazefl4j.binding.Native;
import org.blazefl4j.contrib.support.Partitions;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Sums clients' tensors times their weights in FP64, element by element in the order given, and divides by the sum of
 * the weights once, at the end.
 *
 * <p>Tensors that are staged first are added in one pass over the sum. Neither that nor threads change a bit:
 *
 * <pre>{@code
 * for (Uplink uplink : batch) {
 *     sum.stage(uplink.cid(), uplink.dataSize(), uplink.parameters());
 * }
 * sum.fold();
 * }</pre>
 *
 * <p>Long sums are split over as many threads as there are processors, unless the options set a number.
 */
public final class WeightedSum implements AutoCloseable {

    /** The size from which malloc always maps memory for this sum alone. */
    private static final long LONG = 32L << 20;

    private final String what;
    private final long[] shape;
    private final Tensor sum;
    private final VectorBatch staged = new VectorBatch();
    private final ParallelRanges ranges;
    private long weight;
    /** Whether the sum is zero and its memory undefined. */
    private boolean fresh = true;

    /** Makes an empty sum with as many threads as there are processors. */
    public WeightedSum(String what, long... shape) {
        this(what, shape, 0);
    }

    /**
     * Makes an empty sum with the options' number of threads.
     *
     * @param what what is summed, for messages, such as "parameters"
     * @param shape of each client's tensor
     */
    public WeightedSum(String what, ServerOptions options, long... shape) {
        this(what, shape, options.sumThreads());
    }

    private WeightedSum(String what, long[] shape, int threads) {
        this.what = what;
        this.shape = shape.clone();
        try (PointerScope scope = new PointerScope()) {
            this.sum = torch.empty(shape, new org.bytedeco.pytorch.TensorOptions(ScalarType.Double), null);
            sum.retainReference();
        }
        if (sum.nbytes() >= LONG) {
            Native.adviseHugePages(sum.data_ptr().address(), sum.nbytes()); // a failure costs only speed
        }
        this.ranges = new ParallelRanges(threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
    }

    /** {@linkplain #stage Stages} and {@linkplain #fold() adds} one client's tensor. */
    public void add(int cid, long dataSize, Tensor values) {
        stage(cid, dataSize, values);
        fold();
    }

    /**
     * Stages one client's tensor for {@link #fold()}.
     *
     * @param dataSize its weight, above 0
     * @param values float32, of this sum's shape, with any strides, on any device; stays the caller's, and must stay
     *     open and unchanged until it is added
     * @throws IllegalArgumentException as {@link #check}; the sum is then as before
     */
    public void stage(int cid, long dataSize, Tensor values) {
        check(cid, dataSize, values);
        if (values.is_cpu() && values.is_contiguous()) {
            staged.add(values.data_ptr().address(), dataSize);
        } else {
            try (PointerScope scope = new PointerScope()) {
                Tensor dense = values.detach().cpu().contiguous();
                staged.add(dense.data_ptr().address(), dataSize);
                fold();
            }
        }
        weight += dataSize;
    }

    /** Adds the staged tensors in their order. */
    public void fold() {
        if (staged.size == 0) {
            return;
        }
        long address = sum.data_ptr().address();
        try {
            ranges.run(sum.numel(), staged.size + 2L, (from, to) -> staged.fold(address, from, to, fresh));
        } finally {
            staged.size = 0;
        }
        fresh = false;
    }

    /**
     * Checks that a client's tensor can be added. A package of several tensors is checked whole before any is added.
     *
     * @param cid the client, for messages
     * @param dataSize its weight
     * @throws IllegalArgumentException if weight, shape or dtype is wrong, the tensor is closed, or the sum of the
     *     weights would be 2<sup>63</sup> or more
     */
    public void check(int cid, long dataSize, Tensor values) {
        if (dataSize <= 0) {
            throw new IllegalArgumentException("no samples: client=" + cid + ", data_size=" + dataSize
                    + ", limit=1 or more; leave out clients that trained on nothing");
        }
        Partitions.addSizes(cid, weight, dataSize);
        if (!Tensors.isOpen(values)) {
            throw new IllegalArgumentException(
                    what + " closed: client=" + cid + ", expected=an open tensor; load a package before it is closed");
        }
        if (values.scalar_type().intern() != ScalarType.Float) {
            throw new IllegalArgumentException(what + " of the wrong dtype: client=" + cid + ", dtype="
                    + values.scalar_type().intern() + ", expected=Float; send float32");
        }
        if (!Arrays.equals(values.shape(), shape)) {
            throw new IllegalArgumentException(what + " of the wrong shape: client=" + cid + ", shape="
                    + Arrays.toString(values.shape()) + ", expected=" + Arrays.toString(shape)
                    + "; server and clients must select the same model");
        }
    }

    /** Returns the sum of the weights, those of staged tensors included. */
    public long weight() {
        return weight;
    }

    /**
     * Writes the mean of all tensors, staged ones included.
     *
     * @param out float32, contiguous, on the CPU, of this sum's shape
     * @throws IllegalArgumentException if {@code out} is not such a tensor
     * @throws IllegalStateException if nothing was added
     */
    public void mean(Tensor out) {
        divide(out, weight);
    }

    /** Writes the sum divided by a number above 0, as {@link #mean} does. */
    public void divide(Tensor out, long divisor) {
        if (divisor <= 0) {
            throw new IllegalStateException("nothing to divide: weight=" + divisor + ", limit=1 or more; add a client");
        }
        checkTarget(out);
        long source = total().data_ptr().address();
        long target = out.data_ptr().address();
        ranges.run(sum.numel(), 3, (from, to) -> Native.divideF32(target, source, divisor, from, to));
    }

    private void checkTarget(Tensor out) {
        boolean fits = Arrays.equals(out.shape(), shape) && out.scalar_type().intern() == ScalarType.Float;
        if (!fits || !out.is_contiguous() || !out.is_cpu()) {
            throw new IllegalArgumentException("mean of " + what + ": shape=" + Arrays.toString(out.shape())
                    + ", dtype=" + out.scalar_type().intern() + ", contiguous=" + out.is_contiguous() + ", cpu="
                    + out.is_cpu() + ", expected=" + Arrays.toString(shape) + " of Float, contiguous, on the CPU");
        }
    }

    /**
     * Adds the values of another sum of the same shape, which stays unchanged, and keeps this one's weight: for a sum
     * over rounds that is {@linkplain #divide divided} by a given number.
     *
     * @throws IllegalArgumentException if it has another shape; this sum is then as before
     */
    public void addAll(WeightedSum other) {
        checkTotal(other.sum);
        total().add_(other.total());
    }

    /** Returns the sum itself, staged tensors included: float64, on the CPU. Read-only; owned by this object. */
    public Tensor total() {
        fold();
        if (fresh) {
            sum.zero_();
            fresh = false;
        }
        return sum;
    }

    /**
     * Replaces the sum by a copy of one that {@link #total()} and {@link #weight()} returned.
     *
     * @throws IllegalArgumentException if dtype, shape or weight is wrong; the sum is then as before
     */
    public void restore(Tensor total, long weight) {
        checkTotal(total);
        if (weight < 0) {
            throw new IllegalArgumentException("weight of " + what + ": weight=" + weight + ", limit=0 or more");
        }
        sum.copy_(total);
        staged.size = 0;
        fresh = false;
        this.weight = weight;
    }

    private void checkTotal(Tensor total) {
        if (!Arrays.equals(total.shape(), shape) || total.scalar_type().intern() != ScalarType.Double) {
            throw new IllegalArgumentException("sum of " + what + ": shape=" + Arrays.toString(total.shape())
                    + ", dtype=" + total.scalar_type().intern() + ", expected=" + Arrays.toString(shape)
                    + " of Double; server and clients must select the same model");
        }
    }

    /** Empties the sum and discards staged tensors. */
    public void clear() {
        staged.size = 0;
        fresh = true;
        weight = 0;
    }

    @Override
    public void close() {
        ranges.close();
        sum.close();
    }

    /** Weighted vectors that are added to a sum in one pass, in their order. */
    private static final class VectorBatch {

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

        /** Adds a range of all vectors to the doubles at an address, which count as zeros if {@code fresh}. */
        void fold(long sum, long from, long to, boolean fresh) {
            int result = Native.foldF32(sum, addresses, weights, size, from, to, fresh ? 1 : 0);
            if (result != 0) {
                throw new IllegalArgumentException("misaligned vectors: sum=" + sum + ", addresses="
                        + Arrays.toString(Arrays.copyOf(addresses, size))
                        + ", expected=multiples of the element size; send tensors that LibTorch made");
            }
        }
    }
}

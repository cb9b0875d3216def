package org.blazefl4j.contrib.common;

import java.util.Arrays;
import org.blazefl4j.binding.Native;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The sum of clients' tensors times their weights, in FP64, element by element in the order in which they were added;
 * divided by the sum of the weights once, at the end.
 */
public final class WeightedSum implements AutoCloseable {

    private final String what;
    private final long[] shape;
    private final Tensor sum;
    private long weight;

    /**
     * An empty sum.
     *
     * @param what what is summed, for messages: "parameters", say
     * @param shape of each client's tensor
     */
    public WeightedSum(String what, long... shape) {
        this.what = what;
        this.shape = shape.clone();
        try (PointerScope scope = new PointerScope()) {
            this.sum = torch.zeros(shape, new org.bytedeco.pytorch.TensorOptions(ScalarType.Double));
            sum.retainReference();
        }
    }

    /**
     * Adds one client.
     *
     * @param cid the client, for messages
     * @param dataSize its weight, above 0
     * @param values float32, of this sum's shape, with any strides, on any device; stays the caller's
     * @throws IllegalArgumentException if weight, shape or dtype is wrong; the sum is then as before
     * @throws ArithmeticException if the sum of the weights is beyond 2<sup>63</sup>; the sum is then as before
     */
    public void add(int cid, long dataSize, Tensor values) {
        check(cid, dataSize, values);
        long total = Math.addExact(weight, dataSize);
        try (PointerScope scope = new PointerScope()) {
            Tensor dense = values.detach().cpu().contiguous();
            Native.foldF32(sum.data_ptr().address(), dense.data_ptr().address(), dataSize, sum.numel());
        }
        weight = total;
    }

    /**
     * Fails as {@link #add} does, and adds nothing: for a package of several tensors that is taken as a whole or not at
     * all.
     *
     * @param cid the client, for messages
     * @param dataSize its weight
     * @param values the client's tensor
     * @throws IllegalArgumentException if weight, shape or dtype is wrong
     */
    public void check(int cid, long dataSize, Tensor values) {
        if (dataSize <= 0) {
            throw new IllegalArgumentException("no samples: client=" + cid + ", data_size=" + dataSize
                    + ", limit=1 or more; leave out clients that trained on nothing");
        }
        if (values.scalar_type().intern() != ScalarType.Float) {
            throw new IllegalArgumentException(what + " of the wrong dtype: client=" + cid + ", dtype="
                    + values.scalar_type().intern() + ", limit=Float; send float32");
        }
        if (!Arrays.equals(values.shape(), shape)) {
            throw new IllegalArgumentException(what + " of the wrong shape: client=" + cid + ", shape="
                    + Arrays.toString(values.shape()) + ", limit=" + Arrays.toString(shape)
                    + "; server and clients must select the same model");
        }
    }

    /** The sum of the weights of what was added. */
    public long weight() {
        return weight;
    }

    /**
     * Writes the mean of what was added.
     *
     * @param out float32, contiguous, on the CPU, of this sum's shape
     * @throws IllegalStateException if nothing was added
     */
    public void mean(Tensor out) {
        divide(out, weight);
    }

    /**
     * Writes the sum over a number of the caller's.
     *
     * @param out float32, contiguous, on the CPU, of this sum's shape
     * @param divisor above 0
     * @throws IllegalArgumentException if {@code out} is not such a tensor
     * @throws IllegalStateException if the divisor is not above 0, as the weight of an empty sum
     */
    public void divide(Tensor out, long divisor) {
        if (divisor <= 0) {
            throw new IllegalStateException("nothing to divide: weight=" + divisor + ", limit=1 or more; add a client");
        }
        checkTarget(out);
        try (PointerScope scope = new PointerScope()) {
            Native.divideF32(out.data_ptr().address(), sum.data_ptr().address(), divisor, sum.numel());
        }
    }

    private void checkTarget(Tensor out) {
        boolean fits = Arrays.equals(out.shape(), shape) && out.scalar_type().intern() == ScalarType.Float;
        if (!fits || !out.is_contiguous() || !out.is_cpu()) {
            throw new IllegalArgumentException("mean of " + what + ": shape=" + Arrays.toString(out.shape())
                    + ", dtype=" + out.scalar_type().intern() + ", contiguous=" + out.is_contiguous() + ", cpu="
                    + out.is_cpu() + ", limit=" + Arrays.toString(shape) + " of Float, contiguous, on the CPU");
        }
    }

    /**
     * Adds another sum with its weight.
     *
     * @param other of the same shape; stays as it is
     * @throws IllegalArgumentException if it has another shape; this sum is then as before
     */
    public void addAll(WeightedSum other) {
        checkTotal(other.sum);
        weight = Math.addExact(weight, other.weight);
        sum.add_(other.sum);
    }

    /** The sum itself: float64, of this sum's shape, on the CPU. Read-only; owned by this object. */
    public Tensor total() {
        return sum;
    }

    /**
     * Takes a sum over that {@link #total()} and {@link #weight()} had given.
     *
     * @param total float64, of this sum's shape; stays the caller's
     * @param weight the sum of the weights, 0 or more
     * @throws IllegalArgumentException if dtype, shape or weight is wrong; the sum is then as before
     */
    public void restore(Tensor total, long weight) {
        checkTotal(total);
        if (weight < 0) {
            throw new IllegalArgumentException("weight of " + what + ": weight=" + weight + ", limit=0 or more");
        }
        sum.copy_(total);
        this.weight = weight;
    }

    private void checkTotal(Tensor total) {
        if (!Arrays.equals(total.shape(), shape) || total.scalar_type().intern() != ScalarType.Double) {
            throw new IllegalArgumentException("sum of " + what + ": shape=" + Arrays.toString(total.shape())
                    + ", dtype=" + total.scalar_type().intern() + ", limit=" + Arrays.toString(shape)
                    + " of Double; server and clients must select the same model");
        }
    }

    /** Starts again from nothing. */
    public void clear() {
        sum.zero_();
        weight = 0;
    }

    @Override
    public void close() {
        sum.close();
    }
}

package org.blazefl4j.contrib.common;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.OptionalInt;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.shm.TensorMemory;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Sums clients' tensors times their weights exactly, and rounds each element once, at the end: the mean is
 * {@code (float) (sum / weight)}, where both are rounded to the nearest double. So neither the order of the clients,
 * nor how they are grouped into batches, threads and partial sums, changes a bit.
 *
 * <p>Tensors that are staged first are added in one pass over the sum:
 *
 * <pre>{@code
 * for (Uplink uplink : batch) {
 *     sum.stage(uplink.cid(), uplink.dataSize(), uplink.parameters());
 * }
 * sum.fold();
 * }</pre>
 *
 * <p>Tensors that lie on a CUDA device are summed there, by the same rule: the bits do not depend on where they lie.
 * That takes 81 bytes of the device's memory an element, until the close; without such memory they are copied to the
 * host. A mean of tensors of one device is written without a copy of the sum. {@link #meanMinus}, {@link #total} and
 * {@link #addAll} copy it to the host once.
 *
 * <p>A sum takes 16 bytes an element. Where numbers at neighbouring places differ by more than a factor of about
 * 2<sup>60</sup>, or of 2<sup>40</sup> with floats as weights, it takes 72 bytes more and fifty times as long. With
 * weights of 53 bits a factor of 2<sup>10</sup> suffices for that.
 *
 * <p>Long sums are split over as many threads as there are processors, unless the options set a number.
 */
public final class WeightedSum implements AutoCloseable {

    private static final double LEAST_WEIGHT = 0x1p-64;
    private static final double MOST_WEIGHT = 0x1p63;

    private final String what;
    private final long[] shape;
    private final ExactSum sum;
    private final DeviceSums devices;
    private final VectorBatch staged = new VectorBatch();
    /** Whether something was added on the host, where tensors of several devices meet, too. */
    private boolean onHost;

    private BigDecimal weight = BigDecimal.ZERO;

    /** The memory of totals. */
    private @Nullable Tensor kept;

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
        this.sum = new ExactSum(
                Arrays.stream(shape).reduce(1, Math::multiplyExact),
                threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
        this.devices = new DeviceSums(what, Arrays.stream(shape).reduce(1, (a, b) -> a * b));
    }

    /** {@linkplain #stage Stages} and {@linkplain #fold() adds} one client's tensor. */
    public void add(int cid, double weight, Tensor values) {
        stage(cid, weight, values);
        fold();
    }

    /**
     * Stages one client's tensor for {@link #fold()}.
     *
     * @param weight between 2<sup>-64</sup> and 2<sup>63</sup>; one of more than 29 bits takes twice as long
     * @param values float32, of this sum's shape, with any strides, on any device; stays the caller's, and must stay
     *     open and unchanged until it is added
     * @throws IllegalArgumentException as {@link #check}; the sum is then as before
     */
    public void stage(int cid, double weight, Tensor values) {
        check(cid, weight, values);
        if (devices.stage(values, weight)) {
            this.weight = this.weight.add(new BigDecimal(weight));
            return;
        }
        onHost = true;
        if (values.is_cpu() && values.is_contiguous()) {
            staged.add(TensorMemory.address(values), weight);
        } else {
            try (PointerScope scope = new PointerScope()) {
                Tensor dense = values.detach().cpu().contiguous();
                staged.add(TensorMemory.address(dense), weight);
                fold();
            }
        }
        this.weight = this.weight.add(new BigDecimal(weight));
    }

    /** Adds the staged tensors. */
    public void fold() {
        staged.foldInto(sum::fold);
        devices.fold();
    }

    /** Adds the staged tensors, and brings what lies on devices to the host. */
    private void gather() {
        fold();
        if (devices.isUsed()) {
            onHost = true;
            devices.moveTo(sum::add);
        }
    }

    /**
     * Returns the index of the CUDA device that all added tensors lie on, where {@link #mean} is written best; empty if
     * some lie elsewhere.
     */
    public OptionalInt device() {
        int only = onHost ? -1 : devices.only();
        return only < 0 ? OptionalInt.empty() : OptionalInt.of(only);
    }

    /**
     * Checks that a client's tensor can be added. A package of several tensors is checked whole before any is added.
     *
     * @param cid the client, for messages
     * @param weight the client's
     * @throws IllegalArgumentException if weight, shape or dtype is wrong, or the tensor is closed
     */
    public void check(int cid, double weight, Tensor values) {
        if (!(weight >= LEAST_WEIGHT && weight <= MOST_WEIGHT)) {
            throw new IllegalArgumentException(
                    "weight out of range: client=" + cid + ", weight=" + weight + ", limit=" + LEAST_WEIGHT + " to "
                            + MOST_WEIGHT + "; leave out clients that trained on nothing, or weigh them otherwise");
        }
        if (!Tensors.isOpen(values)) {
            throw new IllegalArgumentException(
                    what + " closed: client=" + cid + ", expected=an open tensor; load a package before it is closed");
        }
        if (Tensors.type(values) != ScalarType.Float) {
            throw new IllegalArgumentException(what + " of the wrong dtype: client=" + cid + ", dtype="
                    + Tensors.type(values) + ", expected=Float; send float32");
        }
        if (!Arrays.equals(values.shape(), shape)) {
            throw new IllegalArgumentException(what + " of the wrong shape: client=" + cid + ", shape="
                    + Arrays.toString(values.shape()) + ", expected=" + Arrays.toString(shape)
                    + "; server and clients must select the same model");
        }
    }

    /** Returns the exact sum of the weights, those of staged tensors included. */
    public BigDecimal weight() {
        return weight;
    }

    /**
     * Writes the mean of all tensors, staged ones included.
     *
     * @param out float32, contiguous, on any device, of this sum's shape
     * @throws IllegalArgumentException if {@code out} is not such a tensor
     * @throws IllegalStateException if nothing was added
     */
    public void mean(Tensor out) {
        if (weight.signum() == 0) {
            throw new IllegalStateException("nothing to divide: weight=0, limit=1 or more; add a client");
        }
        divide(out, weight.doubleValue());
    }

    /** Writes the sum divided by a number above 0, as {@link #mean} does. */
    public void divide(Tensor out, double divisor) {
        if (!(divisor > 0 && divisor < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "divisor of " + what + ": divisor=" + divisor + ", expected=a number above 0");
        }
        checkTarget(out);
        fold();
        if (!onHost && devices.divide(out, divisor)) {
            return;
        }
        gather();
        if (DeviceSegment.deviceOf(out) < 0) {
            sum.divide(TensorMemory.address(out), divisor);
        } else {
            try (PointerScope scope = new PointerScope()) {
                Tensor mean = torch.empty(shape);
                sum.divide(TensorMemory.address(mean), divisor);
                out.copy_(mean);
            }
        }
    }

    /**
     * Writes the mean of all tensors minus a vector, as {@code (float) (sum / weight - origin)}, so that small changes
     * lose nothing to rounding.
     *
     * @param origin float32, of this sum's shape
     * @param out as for {@link #mean}
     */
    public void meanMinus(Tensor origin, Tensor out) {
        checkTarget(out);
        gather();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor exact = torch.empty(shape, new TensorOptions(ScalarType.Double), null);
            sum.part(0, TensorMemory.address(exact));
            out.copy_(exact.div_(new Scalar(weight.doubleValue())).sub_(origin.cpu()));
        }
    }

    private void checkTarget(Tensor out) {
        boolean fits = Arrays.equals(out.shape(), shape) && Tensors.type(out) == ScalarType.Float;
        boolean reachable = out.is_cpu() || out.is_cuda();
        if (!fits || !out.is_contiguous() || !reachable) {
            throw new IllegalArgumentException("mean of " + what + ": shape=" + Arrays.toString(out.shape())
                    + ", dtype=" + Tensors.type(out) + ", contiguous=" + out.is_contiguous() + ", cpu="
                    + out.is_cpu() + ", expected=" + Arrays.toString(shape)
                    + " of Float, contiguous, on the CPU or a CUDA device");
        }
    }

    /**
     * Adds another sum, its weight included. The other one stays unchanged.
     *
     * @throws IllegalArgumentException if it has another shape, or is this one; this sum is then as before
     */
    public void addAll(WeightedSum other) {
        if (other == this || !Arrays.equals(other.shape, shape)) {
            throw new IllegalArgumentException("sum of " + what + ": shape=" + Arrays.toString(other.shape)
                    + ", expected=another sum of shape " + Arrays.toString(shape));
        }
        gather();
        other.gather();
        onHost = true;
        sum.add(other.sum);
        weight = weight.add(other.weight);
    }

    /**
     * Returns the exact sum, staged tensors included: its nearest doubles, then those nearest to what is left of it,
     * and so on until nothing is left. Rarely more than two.
     *
     * @return float64, shape [number of parts, shape of this sum], on the CPU; the caller owns it
     */
    public Tensor total() {
        return total(emptyParts(2));
    }

    /**
     * Returns {@link #total()} in memory that this sum keeps until it is closed, and uses again unless an earlier total
     * or a view of one is still open. For sums that are used again, because fresh memory costs more than a total.
     */
    public Tensor totalInKeptMemory() {
        if (kept == null || kept.storage().use_count() > 1) {
            closeKept();
            try (PointerScope scope = new PointerScope()) {
                kept = emptyParts(2).retainReference();
            }
        }
        return total(Tensors.alias(kept));
    }

    /** Returns the total in some memory for two parts, which is then closed. */
    private Tensor total(Tensor memory) {
        try (PointerScope scope = new PointerScope();
                memory) {
            gather();
            int parts = sum.firstParts(
                    TensorMemory.address(memory.select(0, 0)), TensorMemory.address(memory.select(0, 1)));
            Tensor total = memory;
            while (parts >= 2 && sum.part(parts, 0)) {
                Tensor more = emptyParts(1);
                sum.part(parts++, TensorMemory.address(more));
                total = torch.cat(new TensorVector(total, more), 0);
            }
            return total.narrow(0, 0, Math.max(1, parts)).retainReference();
        }
    }

    private void closeKept() {
        if (kept != null) {
            kept.close();
            kept = null;
        }
    }

    private Tensor emptyParts(long parts) {
        long[] sizes = new long[shape.length + 1];
        sizes[0] = parts;
        System.arraycopy(shape, 0, sizes, 1, shape.length);
        return Tensors.withHugePages(torch.empty(sizes, new TensorOptions(ScalarType.Double), null));
    }

    /**
     * Replaces the sum by one that {@link #total()} and {@link #weight()} returned.
     *
     * @throws IllegalArgumentException if it is not of this sum's shape or no such total; the sum is then empty if the
     *     shape fits, and as before if not
     */
    public void restore(Tensor total, BigDecimal weight) {
        checkTotal(total);
        clear();
        addTotal(total, weight);
    }

    /**
     * Adds a sum that crossed from another process, its weight included: the same bits as {@link #addAll}.
     *
     * @param total what {@link #total()} of a sum of this shape returned; stays the caller's
     * @param weight what {@link #weight()} of that sum returned
     * @throws IllegalArgumentException as {@link #restore}
     */
    public void addTotal(Tensor total, BigDecimal weight) {
        checkTotal(total);
        fold();
        onHost = true;
        try (PointerScope scope = new PointerScope()) {
            Tensor parts = total.cpu().contiguous();
            for (long part = 0; part < parts.size(0); part++) {
                if (!sum.add(TensorMemory.address(parts.select(0, part)))) {
                    clear();
                    throw new IllegalArgumentException("sum of " + what + ": part=" + part
                            + ", expected=numbers of a sum; restore what was saved");
                }
            }
        }
        this.weight = this.weight.add(weight);
    }

    private void checkTotal(Tensor total) {
        long[] found = total.shape();
        boolean fits =
                found.length == shape.length + 1 && Arrays.equals(Arrays.copyOfRange(found, 1, found.length), shape);
        if (!fits || Tensors.type(total) != ScalarType.Double) {
            throw new IllegalArgumentException("sum of " + what + ": shape=" + Arrays.toString(found) + ", dtype="
                    + Tensors.type(total) + ", expected=Double of shape [parts] and " + Arrays.toString(shape)
                    + "; restore what this version saved for the same model");
        }
    }

    /** Empties the sum and discards staged tensors. */
    public void clear() {
        staged.clear();
        sum.clear();
        devices.clear();
        onHost = false;
        weight = BigDecimal.ZERO;
    }

    @Override
    public void close() {
        closeKept();
        try (ExactSum host = sum) {
            devices.close();
        }
    }
}

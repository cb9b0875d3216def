package org.blazefl4j.contrib.dsfl;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The mean of clients' soft labels for each open sample over the clients that sent one, summed in FP64 in the order in
 * which clients were added.
 */
final class SoftLabelMean implements AutoCloseable {

    private final long classes;
    private final int[] counts;
    private final Tensor sum;

    /**
     * Without any soft labels.
     *
     * @param openSize the number of samples in the open set
     * @param classes the number of classes
     */
    SoftLabelMean(int openSize, long classes) {
        this.classes = classes;
        this.counts = new int[openSize];
        try (TensorOptions doubles = new TensorOptions(ScalarType.Double)) {
            this.sum = torch.zeros(new long[] {openSize, classes}, doubles);
            sum.retainReference();
        }
    }

    /**
     * Adds one client's soft labels.
     *
     * @throws IllegalArgumentException if they or their indices do not fit; all is then as before
     */
    void add(DsflUplinkPackage uplink) {
        try (PointerScope scope = new PointerScope()) {
            Tensor indices = checkedIndices(uplink).cpu().contiguous();
            Tensor labels = checkedLabels(uplink, indices.numel());
            int[] rows = checkedRows(uplink.cid(), indices);
            sum.index_add_(0, indices, labels.detach().cpu().toType(ScalarType.Double));
            for (int row : rows) {
                counts[row]++;
            }
        }
    }

    private static Tensor checkedIndices(DsflUplinkPackage uplink) {
        Tensor indices = uplink.indices();
        if (indices.scalar_type().intern() != ScalarType.Long || indices.dim() != 1 || indices.numel() == 0) {
            throw new IllegalArgumentException("indices do not fit: client=" + uplink.cid() + ", dtype="
                    + indices.scalar_type().intern() + ", shape=" + Arrays.toString(indices.shape())
                    + ", limit=Long of shape [k], k above 0; send the next indices of the downlink package");
        }
        return indices;
    }

    private Tensor checkedLabels(DsflUplinkPackage uplink, long rows) {
        Tensor labels = uplink.softLabels();
        boolean fits = labels.dim() == 2 && labels.size(0) == rows && labels.size(1) == classes;
        if (!fits || labels.scalar_type().intern() != ScalarType.Float) {
            throw new IllegalArgumentException("soft labels do not fit: client=" + uplink.cid() + ", dtype="
                    + labels.scalar_type().intern() + ", shape=" + Arrays.toString(labels.shape())
                    + ", limit=Float of shape [" + rows + ", " + classes + "]; send one row per index");
        }
        return labels;
    }

    private int[] checkedRows(int cid, Tensor indices) {
        long[] values = new long[Math.toIntExact(indices.numel())];
        new LongPointer(indices.data_ptr()).get(values);
        BitSet seen = new BitSet(counts.length);
        for (long value : values) {
            if (value < 0 || value >= counts.length) {
                throw new IllegalArgumentException("index out of range: client=" + cid + ", index=" + value
                        + ", limit=0 to " + (counts.length - 1) + "; send positions in the open set");
            }
            if (seen.get((int) value)) {
                throw new IllegalArgumentException("index sent twice: client=" + cid + ", index=" + value
                        + ", limit=once; send one soft label per sample");
            }
            seen.set((int) value);
        }
        return Arrays.stream(values).mapToInt(value -> (int) value).toArray();
    }

    /** The open samples that have soft labels, ascending: int64, shape [m]. The caller owns it. */
    Tensor indices() {
        return Tensors.of(seen().asLongStream().toArray());
    }

    private IntStream seen() {
        return IntStream.range(0, counts.length).filter(i -> counts[i] > 0);
    }

    /**
     * Entropy reduction aggregation: {@code softmax(mean / temperature)} of each sample, computed in FP64.
     *
     * @param temperature above 0; below 1 it sharpens
     * @return float32, shape [m, classes], in the order of {@link #indices()}; the caller owns it
     */
    Tensor sharpened(double temperature) {
        try (PointerScope scope = new PointerScope()) {
            Tensor divisors = Tensors.of(seen().mapToLong(i -> counts[i]).toArray(), seen().count(), 1);
            Tensor mean = sum.index_select(0, indices()).div_(divisors.toType(ScalarType.Double));
            Tensor result = mean.div_(new Scalar(temperature)).softmax(1).toType(ScalarType.Float);
            result.retainReference();
            return result;
        }
    }

    /** Starts again from nothing. */
    void clear() {
        sum.zero_();
        Arrays.fill(counts, 0);
    }

    @Override
    public void close() {
        sum.close();
    }
}

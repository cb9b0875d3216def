package org.blazefl4j.contrib.dsfl;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The mean of clients' soft labels for each open sample, over the clients that labelled it, from an exact sum: the
 * order of clients changes no bit.
 */
final class SoftLabelMean implements AutoCloseable {

    private final long classes;
    private final int[] counts;
    private final WeightedSum sum;

    SoftLabelMean(int openSize, long classes, ServerOptions options) {
        this.classes = classes;
        this.counts = new int[openSize];
        this.sum = new WeightedSum("soft labels", options, openSize, classes);
    }

    /** Adds one client's soft labels; refuses those that do not fit, and adds nothing then. */
    void add(DsflUplinkPackage uplink) {
        int[] rows = checkedRows("client=" + uplink.cid(), uplink.softLabels(), uplink.indices());
        try (PointerScope scope = new PointerScope()) {
            Tensor labels = torch.zeros(counts.length, classes);
            labels.index_copy_(
                    0, uplink.indices().cpu(), uplink.softLabels().detach().cpu());
            sum.add(uplink.cid(), 1, labels);
        }
        for (int row : rows) {
            counts[row]++;
        }
    }

    /**
     * Refuses soft labels and indices that do not fit one another, the open set or the classes. Returns the indices.
     *
     * @param from their source for messages, as {@code name=value}
     */
    int[] checkedRows(String from, Tensor softLabels, Tensor indices) {
        if (!Tensors.isOpen(softLabels) || !Tensors.isOpen(indices)) {
            throw new IllegalArgumentException("soft labels or indices closed: " + from
                    + ", expected=open tensors; load a package before it is closed");
        }
        checkIndices(from, indices);
        checkLabels(from, softLabels, indices.numel());
        BitSet seen = new BitSet(counts.length);
        return Arrays.stream(toArray(indices))
                .mapToInt(index -> checkedRow(from, index, seen))
                .toArray();
    }

    private static void checkIndices(String from, Tensor indices) {
        if (Tensors.type(indices) != ScalarType.Long || indices.dim() != 1 || indices.numel() == 0) {
            throw new IllegalArgumentException("indices do not fit: " + from + ", dtype="
                    + Tensors.type(indices) + ", shape=" + Arrays.toString(indices.shape())
                    + ", expected=Long of shape [k], k above 0; send the next indices of the downlink package");
        }
    }

    private void checkLabels(String from, Tensor labels, long rows) {
        boolean fits = labels.dim() == 2 && labels.size(0) == rows && labels.size(1) == classes;
        if (!fits || Tensors.type(labels) != ScalarType.Float) {
            throw new IllegalArgumentException("soft labels do not fit: " + from + ", dtype="
                    + Tensors.type(labels) + ", shape=" + Arrays.toString(labels.shape())
                    + ", expected=Float of shape [" + rows + ", " + classes + "]; send one row per index");
        }
    }

    private static long[] toArray(Tensor indices) {
        long[] values = new long[Math.toIntExact(indices.numel())];
        try (PointerScope scope = new PointerScope()) {
            new LongPointer(indices.cpu().contiguous().data_ptr()).get(values);
        }
        return values;
    }

    private int checkedRow(String from, long index, BitSet seen) {
        if (index < 0 || index >= counts.length) {
            throw new IllegalArgumentException("index out of range: " + from + ", index=" + index + ", limit=0 to "
                    + (counts.length - 1) + "; send positions in the open set");
        }
        int row = (int) index;
        if (seen.get(row)) {
            throw new IllegalArgumentException("index sent twice: " + from + ", index=" + index
                    + ", expected=one; send one soft label per sample");
        }
        seen.set(row);
        return row;
    }

    /** Returns the open samples that have soft labels, ascending: int64, shape [m]. The caller owns it. */
    Tensor indices() {
        return Tensors.of(seen().asLongStream().toArray()).retainReference();
    }

    private IntStream seen() {
        return IntStream.range(0, counts.length).filter(i -> counts[i] > 0);
    }

    /**
     * Returns {@code softmax(mean / temperature)} of each sample, computed in FP64: entropy reduction aggregation.
     *
     * @param temperature above 0; see {@link DsflServerHandler.Options}
     * @return float32, shape [m, classes], in the order of {@link #indices()}; the caller owns it
     */
    Tensor sharpened(double temperature) {
        try (PointerScope scope = new PointerScope()) {
            return mean().div_(new Scalar(temperature))
                    .softmax(1)
                    .toType(ScalarType.Float)
                    .retainReference();
        }
    }

    /** Returns the mean of each sample, float64, in the order of {@link #indices()}, in the caller's scope. */
    Tensor mean() {
        long[] senders = seen().mapToLong(i -> counts[i]).toArray();
        try (Tensor indices = indices();
                Tensor total = sum.total()) {
            Tensor divisors = Tensors.of(senders, senders.length, 1).toType(ScalarType.Double);
            return total.select(0, 0).index_select(0, indices).div_(divisors);
        }
    }

    /** Returns the average entropy of the samples' means, in nats. */
    double entropy() {
        try (PointerScope scope = new PointerScope()) {
            return entropy(mean());
        }
    }

    /**
     * Returns the average entropy of rows, in nats.
     *
     * @param rows not negative; each is normalised to a sum of 1
     */
    static double entropy(Tensor rows) {
        try (PointerScope scope = new PointerScope()) {
            Tensor exact = rows.toType(ScalarType.Double);
            Tensor whole = exact.sum(new long[] {1}, true, new ScalarTypeOptional());
            return torch.special_entr(exact.div(whole)).sum(1).mean().item_double();
        }
    }

    /** Removes all soft labels. */
    void clear() {
        sum.clear();
        Arrays.fill(counts, 0);
    }

    @Override
    public void close() {
        sum.close();
    }
}

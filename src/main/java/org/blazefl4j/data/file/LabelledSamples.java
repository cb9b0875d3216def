package org.blazefl4j.data.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.blazefl4j.data.ClientSplits;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Transform;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Samples of one part of a data set, in the pointer scope of the reader.
 *
 * @param x bytes or float32 of shape [n, channels, height, width]
 * @param owners ids; empty if there are none
 */
record LabelledSamples(Tensor x, long[] y, long[] owners) {

    private static final double LARGEST_BYTE = 255;

    /** Below this a channel counts as constant. */
    private static final double LEAST_VARIANCE = 1e-12;

    /** Holds out a share of the samples for testing. */
    static FileData split(Path file, List<String> classes, LabelledSamples all, double testShare, long seed)
            throws IOException {
        long[] positions = LongStream.range(0, all.y.length).toArray();
        ClientSplits split = ClientSplits.of(List.of(positions), 0, testShare, seed);
        return join(
                file, classes, all.at(split.train().get(0)), all.at(split.test().get(0)));
    }

    private LabelledSamples at(long[] positions) {
        return new LabelledSamples(
                x.index_select(0, Tensors.of(positions)),
                at(y, positions),
                owners.length == 0 ? owners : at(owners, positions));
    }

    private static long[] at(long[] values, long[] positions) {
        return Arrays.stream(positions).map(i -> values[(int) i]).toArray();
    }

    /**
     * Makes a data set of two parts.
     *
     * @param classes the names of the classes; empty if their number follows from the highest label
     */
    static FileData join(Path file, List<String> classes, LabelledSamples train, LabelledSamples test)
            throws IOException {
        long highest = LongStream.concat(Arrays.stream(train.y), Arrays.stream(test.y))
                .max()
                .orElseThrow();
        try {
            ImageData samples = new ImageData(
                    String.valueOf(file.getFileName()),
                    classes.isEmpty() ? (int) highest + 1 : classes.size(),
                    train.x,
                    Tensors.of(train.y),
                    test.x,
                    Tensors.of(test.y),
                    train.normalisation());
            long[] ids = Arrays.stream(train.owners).distinct().sorted().toArray();
            return new FileData(
                    samples,
                    Arrays.stream(train.owners)
                            .map(id -> Arrays.binarySearch(ids, id))
                            .toArray(),
                    Arrays.stream(ids).mapToObj(Long::toString).toList(),
                    classes);
        } catch (IllegalArgumentException e) {
            throw new IOException("samples do not belong together: file=" + file + ": " + e.getMessage(), e);
        }
    }

    /** Returns what gives every channel of bytes mean 0 and variance 1; a constant channel becomes 0. */
    private @Nullable Transform normalisation() {
        if (x.scalar_type().intern() != ScalarType.Byte) {
            return null;
        }
        List<Double> means = new ArrayList<>();
        List<Double> deviations = new ArrayList<>();
        for (long channel = 0; channel < x.size(1); channel++) {
            long[] counts = counts(x.select(1, channel));
            double mean = 0;
            double square = 0;
            for (int value = 0; value < counts.length; value++) {
                double share = counts[value] / (double) (x.numel() / x.size(1));
                mean += share * value / LARGEST_BYTE;
                square += share * value * value / (LARGEST_BYTE * LARGEST_BYTE);
            }
            double variance = square - mean * mean;
            means.add(mean);
            deviations.add(variance > LEAST_VARIANCE ? Math.sqrt(variance) : 1);
        }
        return Transform.compose(Transform.toFloat(LARGEST_BYTE), Transform.normalize(means, deviations));
    }

    /** Counts how often each value of a byte occurs, up to the highest that does; needs no copy of a wider type. */
    private static long[] counts(Tensor bytes) {
        Tensor counts = bytes.flatten().bincount();
        long[] result = new long[(int) counts.numel()];
        counts.data_ptr_long().get(result);
        return result;
    }
}

package org.blazefl4j.data.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.blazefl4j.data.ClientSplits;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Transform;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Samples of one part of a data set, in the pointer scope of the reader.
 *
 * @param x bytes or float32 of shape [n, channels, height, width]
 * @param owners ids; empty if there are none
 */
record LabelledSamples(Tensor x, long[] y, long[] owners) {

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
                    train.isBytes() ? Transform.normalizeBytes(train.x) : null);
            long[] ids = Arrays.stream(train.owners).distinct().sorted().toArray();
            return new FileData(
                    samples,
                    positions(train.owners, ids),
                    ids.length == 0 ? ids : positions(test.owners, ids),
                    Arrays.stream(ids).mapToObj(Long::toString).toList(),
                    classes,
                    List.of());
        } catch (IllegalArgumentException e) {
            throw new IOException("samples do not belong together: file=" + file + ": " + e.getMessage(), e);
        }
    }

    private boolean isBytes() {
        return Tensors.type(x) == ScalarType.Byte;
    }

    /** Returns the position of each owner among some, -1 where it is none of them. */
    private static long[] positions(long[] owners, long[] ids) {
        return Arrays.stream(owners)
                .map(id -> Math.max(-1, Arrays.binarySearch(ids, id)))
                .toArray();
    }
}

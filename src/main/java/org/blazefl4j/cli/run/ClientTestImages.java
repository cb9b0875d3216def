package org.blazefl4j.cli.run;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Distributes the test images over the clients: a client gets the same share of each class as of the training images,
 * so that all clients together evaluate every image once.
 */
final class ClientTestImages {

    private ClientTestImages() {}

    /**
     * Returns the positions of each client's test images, ascending.
     *
     * @param trainLabels int64
     * @param parts the positions of each client's training images
     * @param testLabels int64
     * @throws IllegalArgumentException if a client gets no image
     */
    static List<long[]> like(Tensor trainLabels, List<long[]> parts, Tensor testLabels) {
        List<long[]> result = shares(trainLabels, parts, testLabels);
        for (int cid = 0; cid < result.size(); cid++) {
            if (result.get(cid).length == 0) {
                throw new IllegalArgumentException("too few test images: client=" + cid + ", images=0, total="
                        + testLabels.numel() + ", num_clients=" + result.size()
                        + ", limit=1; lower num_clients, or omit --evaluate-clients");
            }
        }
        return result;
    }

    /** Returns the positions of {@link #like}, of which clients with few training images may have none. */
    static List<long[]> shares(Tensor trainLabels, List<long[]> parts, Tensor testLabels) {
        long[] train = array(trainLabels);
        long[] test = array(testLabels);
        LongStream.Builder[] mine = IntStream.range(0, parts.size())
                .mapToObj(i -> LongStream.builder())
                .toArray(LongStream.Builder[]::new);
        Arrays.stream(test).distinct().forEach(label -> deal(label, train, parts, test, mine));
        return Arrays.stream(mine).map(m -> m.build().sorted().toArray()).toList();
    }

    private static void deal(long label, long[] train, List<long[]> parts, long[] test, LongStream.Builder[] mine) {
        long[] positions = LongStream.range(0, test.length)
                .filter(i -> test[(int) i] == label)
                .toArray();
        long[] counts = parts.stream()
                .mapToLong(part ->
                        Arrays.stream(part).filter(i -> train[(int) i] == label).count())
                .toArray();
        long all = Math.max(Arrays.stream(counts).sum(), 1);
        long before = 0;
        for (int cid = 0; cid < counts.length; cid++) {
            long from = positions.length * before / all;
            before += counts[cid];
            Arrays.stream(positions, (int) from, (int) (positions.length * before / all))
                    .forEach(mine[cid]::add);
        }
    }

    private static long[] array(Tensor labels) {
        long[] array = new long[Math.toIntExact(labels.numel())];
        labels.data_ptr_long().get(array);
        return array;
    }
}

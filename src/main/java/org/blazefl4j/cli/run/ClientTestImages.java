package org.blazefl4j.cli.run;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Distributes the test images over the clients. Where they have no owners, a client gets the same share of each class
 * as of the training images, so that all clients together evaluate every image once.
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
        LongStream.Builder[] mine = builders(parts.size());
        Arrays.stream(test).distinct().forEach(label -> deal(label, train, parts, test, mine));
        return Arrays.stream(mine).map(m -> m.build().sorted().toArray()).toList();
    }

    /**
     * Returns the positions of each client's test images, ascending: those of the owners of its training images. A
     * client may have none, and images of other owners are left out.
     *
     * @param trainOwners the owner of each training image
     * @param parts the positions of each client's training images, all of an owner with one client
     * @param testOwners the owner of each test image; negative for others
     */
    static List<long[]> ofOwners(long[] trainOwners, List<long[]> parts, long[] testOwners) {
        Map<Long, Integer> clients = new HashMap<>();
        for (int cid = 0; cid < parts.size(); cid++) {
            int client = cid;
            Arrays.stream(parts.get(cid)).forEach(i -> clients.put(trainOwners[(int) i], client));
        }
        LongStream.Builder[] mine = builders(parts.size());
        for (int i = 0; i < testOwners.length; i++) {
            Integer client = clients.get(testOwners[i]);
            if (client != null) {
                mine[client].add(i);
            }
        }
        return Arrays.stream(mine).map(m -> m.build().toArray()).toList();
    }

    private static LongStream.Builder[] builders(int count) {
        return IntStream.range(0, count).mapToObj(i -> LongStream.builder()).toArray(LongStream.Builder[]::new);
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

package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.util.Arguments;

/**
 * Each client's samples, divided into parts for training, validation and test. Each list has every client, as
 * {@code InMemoryPartitionedDataset.setClients} takes it:
 *
 * <pre>{@code
 * List<long[]> parts = new DirichletPartitioner(0.5).partition(images.trainLabels(), clients, seed);
 * ClientSplits splits = ClientSplits.of(parts, 0.1, 0.2, seed);
 * data.setClients(PartitionType.TRAIN, images.train(), splits.train());
 * data.setClients(PartitionType.VALIDATION, images.train(), splits.validation());
 * data.setClients(PartitionType.TEST, images.train(), splits.test());
 * }</pre>
 *
 * @param train each client's positions to train on, at least one, ascending like the others
 * @param validation each client's positions to choose settings or a model by
 * @param test each client's positions to evaluate on
 */
public record ClientSplits(List<long[]> train, List<long[]> validation, List<long[]> test) {

    /**
     * Draws each client's parts uniformly from its own samples, by the stream (seed, client, {@code "split"}), so that
     * they do not depend on other clients. A part for validation or test has its share of the samples, rounded, and at
     * least one if the share is above 0; the rest is for training.
     *
     * @param parts each client's positions, as a {@link Partitioner} returns them
     * @param validation the share for validation, in [0, 1)
     * @param test the share for test, in [0, 1)
     * @throws IllegalArgumentException if a share or their sum is out of range, or a client has too few samples for its
     *     parts
     */
    public static ClientSplits of(List<long[]> parts, double validation, double test, long seed) {
        Arguments.requireShare("validation", validation);
        Arguments.requireShare("test", test);
        Arguments.requireShare("validation + test", validation + test);
        ClientSplits splits = new ClientSplits(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (int cid = 0; cid < parts.size(); cid++) {
            splits.add(cid, parts.get(cid).clone(), validation, test, seed);
        }
        return splits;
    }

    private void add(int cid, long[] positions, double validationShare, double testShare, long seed) {
        int tested = count(positions.length, testShare);
        int heldOut = tested + count(positions.length, validationShare);
        Arguments.require(
                heldOut < positions.length,
                "too few samples: client=" + cid + ", samples=" + positions.length + ", limit=" + (heldOut + 1)
                        + " or more, with one for training; hold out fewer, or partition for fewer clients");
        new PartitionRandom(RandomStreams.seed(seed, cid, 0, "split")).shuffle(positions);
        test.add(sorted(positions, 0, tested));
        validation.add(sorted(positions, tested, heldOut));
        train.add(sorted(positions, heldOut, positions.length));
    }

    private static int count(int samples, double share) {
        return share == 0 ? 0 : Math.max(1, (int) Math.round(share * samples));
    }

    private static long[] sorted(long[] positions, int from, int to) {
        long[] part = Arrays.copyOfRange(positions, from, to);
        Arrays.sort(part);
        return part;
    }
}

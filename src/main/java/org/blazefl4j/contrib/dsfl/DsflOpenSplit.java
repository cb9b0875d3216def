package org.blazefl4j.contrib.dsfl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;

/**
 * Splits a labelled data set into an open part, which all clients see without labels, and a private part, which is
 * divided among them. The split depends only on the number of samples and the seed.
 *
 * <pre>{@code
 * DsflOpenSplit split = DsflOpenSplit.of(train.size(), DsflOpenSplit.defaultSize(train.size()), 42);
 * data.setCommon(PartitionType.OPEN, train, split.open());
 * data.setClients(PartitionType.TRAIN, train, split.divide(labels, Partitioner.shards(200), 100, 42));
 * }</pre>
 */
public final class DsflOpenSplit {

    private static final int LARGEST_DEFAULT = 10_000;
    private static final int DEFAULT_SHARE = 5;
    private static final int NO_CLIENT = -1;

    private final long[] open;
    private final long[] others;

    private DsflOpenSplit(long[] open, long[] others) {
        this.open = open;
        this.others = others;
    }

    /**
     * Draws the open samples uniformly from the stream (seed, server, 0, {@code "open-split"}).
     *
     * @throws IllegalArgumentException if a part would be empty, or there are 2<sup>31</sup> samples or more
     */
    public static DsflOpenSplit of(long samples, long openSize, long seed) {
        Arguments.require(
                samples <= Integer.MAX_VALUE,
                "too many samples to split: samples=" + samples + ", limit=" + Integer.MAX_VALUE);
        Arguments.require(
                openSize >= 1 && openSize < samples,
                "open set out of range: open_size=" + openSize + ", limit=1 to " + (samples - 1)
                        + "; leave some of the " + samples + " samples to the clients");
        List<Integer> drawn = RandomStreams.sample(
                (int) samples, (int) openSize, RandomStreams.random(seed, NO_CLIENT, 0, "open-split"));
        long[] open = drawn.stream().mapToLong(Integer::longValue).toArray();
        long[] others = LongStream.range(0, samples)
                .filter(i -> Arrays.binarySearch(open, i) < 0)
                .toArray();
        return new DsflOpenSplit(open, others);
    }

    /** Returns the default size of the open set: 10 000 or a fifth of the samples, whichever is less, at least 1. */
    public static long defaultSize(long samples) {
        return Math.max(1, Math.min(LARGEST_DEFAULT, samples / DEFAULT_SHARE));
    }

    /** Returns the positions of the open samples, ascending. */
    public long[] open() {
        return open.clone();
    }

    /** Returns the positions of the private samples, ascending. */
    public long[] others() {
        return others.clone();
    }

    /**
     * Divides the private samples among clients. Returns each client's positions in the whole data set, ascending.
     *
     * @param labels of the whole data set, int64 of shape [samples]
     * @throws IllegalArgumentException if there is another number of labels, or the partitioner cannot meet the request
     */
    public List<long[]> divide(Tensor labels, Partitioner partitioner, int numClients, long seed) {
        Arguments.require(
                labels.numel() == open.length + others.length,
                "labels of another data set: labels=" + labels.numel() + ", expected=" + (open.length + others.length)
                        + "; give one label per sample that was split");
        List<long[]> parts = new ArrayList<>(numClients);
        try (Tensor positions = Tensors.of(others);
                Tensor mine = labels.index_select(0, positions)) {
            for (long[] part : partitioner.partition(mine, numClients, seed)) {
                parts.add(Arrays.stream(part).map(i -> others[(int) i]).toArray());
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    e.getMessage() + ", or lower open_size: open_size=" + open.length + " leaves " + others.length
                            + " samples to the clients",
                    e);
        }
        return parts;
    }
}

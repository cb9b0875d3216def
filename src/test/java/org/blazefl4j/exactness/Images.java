package org.blazefl4j.exactness;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.stream.LongStream;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.data.Transform;
import org.bytedeco.pytorch.Tensor;

/**
 * Images of 1×16×16 random pixels. Clients hold 7, 8 or 11 of them, so most last batches of four are smaller. Clients
 * see them cropped and flipped at random.
 */
final class Images implements AutoCloseable {

    static final int SIZE = 16;
    static final int CLASSES = 10;
    static final int CLIENTS = 10;
    static final int OPEN = 16;

    private static final int[] SIZES = {7, 8, 11};
    private static final int TEST = 20;
    private static final int SAMPLES = 104;

    private final Tensor pixels;
    private final Tensor labels;
    private final InMemoryPartitionedDataset<PartitionType> partitions = new InMemoryPartitionedDataset<>();
    private final InMemoryPartitionedDataset<PartitionType> withOpen = new InMemoryPartitionedDataset<>();

    /**
     * Makes the images and deals them to clients.
     *
     * @param around wraps a client's data
     */
    Images(BiFunction<Integer, Dataset, Dataset> around) {
        SplittableRandom random = new SplittableRandom(3);
        float[] values = new float[SAMPLES * SIZE * SIZE];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        pixels = Tensor.create(values, SAMPLES, 1, SIZE, SIZE);
        labels = Tensor.create(random.longs(SAMPLES, 0, CLASSES).toArray(), SAMPLES);
        fill(around);
    }

    private void fill(BiFunction<Integer, Dataset, Dataset> around) {
        TensorDataset plain = new TensorDataset(pixels, labels);
        TensorDataset augmented = new TensorDataset(
                pixels, labels, Transform.compose(Transform.randomCrop(SIZE, 2), Transform.randomHorizontalFlip(0.5)));
        List<long[]> parts = parts();
        partitions.setCommon(PartitionType.TEST, plain, range(0, TEST));
        partitions.setClients(PartitionType.TRAIN, augmented, parts);
        withOpen.setCommon(PartitionType.TEST, plain, range(0, TEST));
        withOpen.setCommon(PartitionType.OPEN, augmented, range(SAMPLES - OPEN, SAMPLES));
        for (int cid = 0; cid < CLIENTS; cid++) {
            Dataset mine = around.apply(cid, partitions.getDataset(PartitionType.TRAIN, cid));
            partitions.setDataset(PartitionType.TRAIN, cid, mine);
            withOpen.setDataset(PartitionType.TRAIN, cid, mine);
        }
    }

    /** 7, 8, 11, 7, ... samples: a batch of one or two would be too few for batch normalisation. */
    private static List<long[]> parts() {
        List<long[]> parts = new ArrayList<>();
        long next = 0;
        for (int cid = 0; cid < CLIENTS; cid++) {
            long end = next + SIZES[cid % SIZES.length];
            parts.add(range(next, end));
            next = end;
        }
        return parts;
    }

    /** Returns the number of batches of four that a client reads in an epoch. */
    static int batches(int cid) {
        return (SIZES[cid % SIZES.length] + 3) / 4;
    }

    private static long[] range(long from, long to) {
        return LongStream.range(from, to).toArray();
    }

    InMemoryPartitionedDataset<PartitionType> partitions() {
        return partitions;
    }

    /** Returns the same partitions, and open samples. */
    InMemoryPartitionedDataset<PartitionType> withOpen() {
        return withOpen;
    }

    @Override
    public void close() {
        partitions.close();
        withOpen.close();
        pixels.close();
        labels.close();
    }
}

package org.blazefl4j.contrib.common;

import java.util.List;
import java.util.SplittableRandom;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.FilteredDataset;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.data.Transform;
import org.bytedeco.pytorch.Tensor;

/** User-defined data: images of 1×4×4 pixels whose class can be learnt, divided among clients. */
public final class TinyData implements AutoCloseable {

    private final Tensor images;
    private final Tensor labels;
    private final InMemoryPartitionedDataset<PartitionType> partitions = new InMemoryPartitionedDataset<>();

    private TinyData(int samples) {
        SplittableRandom random = new SplittableRandom(7);
        float[] pixels = new float[samples * 16];
        long[] classes = new long[samples];
        for (int i = 0; i < samples; i++) {
            classes[i] = random.nextInt(Tiny.CLASSES);
            for (int j = 0; j < 16; j++) {
                pixels[i * 16 + j] = (float) random.nextDouble() + (j % Tiny.CLASSES == classes[i] ? 0.5f : 0);
            }
        }
        images = Tensor.create(pixels, samples, 1, 4, 4);
        labels = Tensor.create(classes, samples);
        partitions.setDataset(PartitionType.TEST, whole());
    }

    /** Divides the samples evenly among clients; all are the test set. */
    public static TinyData evenly(int samples, int clients) {
        TinyData data = new TinyData(samples);
        data.spread(Partitioner.iid().partition(data.labels, clients, 3));
        return data;
    }

    /** Gives clients the samples at these positions; all are the test set. */
    public static TinyData of(int samples, List<long[]> parts) {
        TinyData data = new TinyData(samples);
        data.spread(parts);
        return data;
    }

    /** Returns the same data, with a transform of the clients' samples. */
    public TinyData transformed(Transform transform) {
        for (int cid : partitions.clients(PartitionType.TRAIN)) {
            FilteredDataset mine = (FilteredDataset) partitions.getDataset(PartitionType.TRAIN, cid);
            Dataset seen = new TensorDataset(images, labels, transform);
            partitions.setDataset(PartitionType.TRAIN, cid, new FilteredDataset(mine.indices(), seen));
        }
        return this;
    }

    /** Returns the same data, with separate tensors for each client. */
    public TinyData apart() {
        for (int cid : partitions.clients(PartitionType.TRAIN)) {
            FilteredDataset mine = (FilteredDataset) partitions.getDataset(PartitionType.TRAIN, cid);
            TensorDataset own =
                    new TensorDataset(images.index_select(0, mine.indices()), labels.index_select(0, mine.indices()));
            partitions.setDataset(PartitionType.TRAIN, cid, own);
        }
        return this;
    }

    private void spread(List<long[]> parts) {
        partitions.setClients(PartitionType.TRAIN, whole(), parts);
    }

    public TensorDataset whole() {
        return new TensorDataset(images, labels);
    }

    public InMemoryPartitionedDataset<PartitionType> partitions() {
        return partitions;
    }

    @Override
    public void close() {
        partitions.close();
        images.close();
        labels.close();
    }
}

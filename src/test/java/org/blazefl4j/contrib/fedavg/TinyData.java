package org.blazefl4j.contrib.fedavg;

import java.util.List;
import java.util.SplittableRandom;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.data.FilteredDataset;
import org.blazefl4j.data.IidPartitioner;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.data.Transform;
import org.bytedeco.pytorch.Tensor;

/** A user's own data: images of 1×4×4 pixels whose class can be learnt, spread over clients. */
final class TinyData implements AutoCloseable {

    private final Tensor images;
    private final Tensor labels;
    private final InMemoryPartitionedDataset<FedAvgPartitionType> partitions = new InMemoryPartitionedDataset<>();

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
        partitions.setDataset(FedAvgPartitionType.TEST, whole());
    }

    /** All samples as the test set, and spread evenly over clients. */
    static TinyData evenly(int samples, int clients) {
        TinyData data = new TinyData(samples);
        data.spread(new IidPartitioner().partition(data.labels, clients, 3));
        return data;
    }

    /** All samples as the test set, and these positions for the clients. */
    static TinyData of(int samples, List<long[]> parts) {
        TinyData data = new TinyData(samples);
        data.spread(parts);
        return data;
    }

    /** The same samples for the clients, seen through a transform. */
    TinyData transformed(Transform transform) {
        for (int cid : partitions.clients(FedAvgPartitionType.TRAIN)) {
            FilteredDataset mine = (FilteredDataset) partitions.getDataset(FedAvgPartitionType.TRAIN, cid);
            partitions.setDataset(
                    FedAvgPartitionType.TRAIN,
                    cid,
                    new FilteredDataset(mine.indices(), images, labels, transform, null));
        }
        return this;
    }

    /** The same samples for the clients, in tensors that each client has for itself. */
    TinyData apart() {
        for (int cid : partitions.clients(FedAvgPartitionType.TRAIN)) {
            FilteredDataset mine = (FilteredDataset) partitions.getDataset(FedAvgPartitionType.TRAIN, cid);
            TensorDataset own =
                    new TensorDataset(images.index_select(0, mine.indices()), labels.index_select(0, mine.indices()));
            partitions.setDataset(FedAvgPartitionType.TRAIN, cid, own);
        }
        return this;
    }

    private void spread(List<long[]> parts) {
        partitions.setClients(FedAvgPartitionType.TRAIN, whole(), parts);
    }

    TensorDataset whole() {
        return new TensorDataset(images, labels);
    }

    InMemoryPartitionedDataset<FedAvgPartitionType> partitions() {
        return partitions;
    }

    @Override
    public void close() {
        partitions.close();
        images.close();
        labels.close();
    }
}

package org.blazefl4j.contrib.dsfl;

import java.util.List;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.data.TensorDataset;

/** Tiny data with an open part; all samples are the test set. */
public final class TinyOpenData implements AutoCloseable {

    private static final long SEED = 5;

    private final TinyData data;
    private final InMemoryPartitionedDataset<PartitionType> partitions = new InMemoryPartitionedDataset<>();

    public TinyOpenData(int samples, int openSize, int clients) {
        this.data = TinyData.evenly(samples, 1);
        TensorDataset whole = data.whole();
        DsflOpenSplit split = DsflOpenSplit.of(samples, openSize, SEED);
        List<long[]> parts = split.divide(whole.targets(), Partitioner.iid(), clients, SEED);
        partitions.setCommon(PartitionType.OPEN, whole, split.open());
        partitions.setClients(PartitionType.TRAIN, whole, parts);
        partitions.setDataset(PartitionType.TEST, whole);
    }

    public InMemoryPartitionedDataset<PartitionType> partitions() {
        return partitions;
    }

    @Override
    public void close() {
        partitions.close();
        data.close();
    }
}

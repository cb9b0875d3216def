package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** {@link Partitioner#iid}. */
record IidPartitioner() implements Partitioner {

    @Override
    public List<long[]> partition(long[] labels, int numClients, long seed) {
        PartitionUtil.checkClients(labels, numClients);
        long[] order = LongStream.range(0, labels.length).toArray();
        new PartitionRandom(seed).shuffle(order);
        List<long[]> parts = new ArrayList<>(numClients);
        for (int i = 0; i < numClients; i++) {
            long[] part = PartitionUtil.part(order, numClients, i);
            Arrays.sort(part);
            parts.add(part);
        }
        return parts;
    }
}

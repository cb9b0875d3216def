package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.List;

/**
 * Deals all samples out at random: a random order cut into parts whose sizes differ by one at most, larger ones first.
 */
public record IidPartitioner() implements Partitioner {

    @Override
    public List<long[]> partition(long[] labels, int numClients, long seed) {
        Parts.checkClients(labels, numClients);
        long[] order = Parts.positions(labels.length);
        new PartitionRandom(seed).shuffle(order);
        List<long[]> parts = new ArrayList<>(numClients);
        for (int i = 0; i < numClients; i++) {
            parts.add(Parts.sorted(
                    order, Parts.cut(order.length, numClients, i), Parts.cut(order.length, numClients, i + 1)));
        }
        return parts;
    }
}

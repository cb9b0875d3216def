package org.blazefl4j.data;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.blazefl4j.util.Arguments;

/** {@link Partitioner#owners}. */
record OwnerPartitioner(long[] owners) implements Partitioner {

    @Override
    public List<long[]> partition(long[] labels, int numClients, long seed) {
        Arguments.require(
                owners.length == labels.length,
                "owners: owners=" + owners.length + ", expected=" + labels.length
                        + ", one for each sample; divide all samples of the data set at once");
        List<long[]> byOwner = PartitionUtil.byClass(owners);
        Arguments.require(
                numClients >= 1 && numClients <= byOwner.size(),
                "number of clients: numClients=" + numClients + ", limit=1 to " + byOwner.size()
                        + " (the number of owners); change numClients");
        long[] order = LongStream.range(0, byOwner.size()).toArray();
        if (numClients < order.length) {
            new PartitionRandom(seed).shuffle(order);
        }
        return IntStream.range(0, numClients)
                .mapToObj(client -> Arrays.stream(PartitionUtil.part(order, numClients, client))
                        .flatMap(owner -> Arrays.stream(byOwner.get((int) owner)))
                        .sorted()
                        .toArray())
                .toList();
    }
}

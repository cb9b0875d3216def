package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.util.Arguments;

/** {@link Partitioner#mixed}. */
record MixedPartitioner(double iidShare, Partitioner others) implements Partitioner {

    MixedPartitioner {
        Arguments.requireShare("iidShare", iidShare);
    }

    @Override
    public List<long[]> partition(long[] labels, int numClients, long seed) {
        PartitionUtil.checkClients(labels, numClients);
        long[] order = LongStream.range(0, labels.length).toArray();
        new PartitionRandom(RandomStreams.seed(seed, 0, 0, "iid share")).shuffle(order);
        int iid = (int) Math.round(iidShare * labels.length);
        long[] even = Arrays.copyOfRange(order, 0, iid);
        long[] rest = Arrays.copyOfRange(order, iid, order.length);
        Arrays.sort(rest);
        long[] restLabels = Arrays.stream(rest).map(i -> labels[(int) i]).toArray();
        List<long[]> parts = new ArrayList<>(numClients);
        for (long[] part : others.partition(restLabels, numClients, seed)) {
            LongStream dealt = Arrays.stream(PartitionUtil.part(even, numClients, parts.size()));
            parts.add(LongStream.concat(dealt, Arrays.stream(part).map(i -> rest[(int) i]))
                    .sorted()
                    .toArray());
        }
        return parts;
    }
}

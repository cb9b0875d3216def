package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.blazefl4j.util.Arguments;

/** {@link Partitioner#shards}. */
record ShardPartitioner(int numShards) implements Partitioner {

    ShardPartitioner {
        Arguments.require(
                numShards >= 1, "number of shards: numShards=" + numShards + ", limit=1 or more; give two per client");
    }

    @Override
    public List<long[]> partition(long[] labels, int numClients, long seed) {
        PartitionUtil.checkClients(labels, numClients);
        Arguments.require(
                numShards % numClients == 0 && numShards <= labels.length,
                "number of shards: numShards=" + numShards + ", expected=a multiple of "
                        + numClients + " (the number of clients) up to " + labels.length
                        + " (the number of samples); change numShards or numClients");
        long[] byLabel = PartitionUtil.byClass(labels).stream()
                .flatMapToLong(Arrays::stream)
                .toArray();
        long[] shards = LongStream.range(0, numShards).toArray();
        new PartitionRandom(seed).shuffle(shards);
        int perClient = numShards / numClients;
        List<long[]> parts = new ArrayList<>(numClients);
        for (int i = 0; i < numClients; i++) {
            parts.add(join(byLabel, Arrays.copyOfRange(shards, i * perClient, (i + 1) * perClient)));
        }
        return parts;
    }

    private long[] join(long[] byLabel, long[] shards) {
        return Arrays.stream(shards)
                .flatMap(shard -> Arrays.stream(PartitionUtil.part(byLabel, numShards, (int) shard)))
                .sorted()
                .toArray();
    }
}

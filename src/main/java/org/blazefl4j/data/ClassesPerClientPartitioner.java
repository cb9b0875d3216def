package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.blazefl4j.util.Arguments;

/** {@link Partitioner#classes}. */
record ClassesPerClientPartitioner(int classesPerClient) implements Partitioner {

    ClassesPerClientPartitioner {
        Arguments.require(
                classesPerClient >= 1,
                "classes per client: classesPerClient=" + classesPerClient + ", limit=1 or more");
    }

    @Override
    public List<long[]> partition(long[] labels, int numClients, long seed) {
        PartitionUtil.checkClients(labels, numClients);
        List<long[]> classes = PartitionUtil.byClass(labels);
        Arguments.require(
                classesPerClient <= classes.size(),
                "classes per client: classesPerClient=" + classesPerClient + ", limit=" + classes.size()
                        + " (the classes in the labels); lower classesPerClient");
        Arguments.require(
                numClients >= classes.size(),
                "number of clients: numClients=" + numClients + ", limit=" + classes.size()
                        + " or more (the classes in the labels); raise numClients, or no client has the last classes");
        PartitionRandom random = new PartitionRandom(seed);
        List<List<Integer>> holders = drawHolders(classes.size(), numClients, random);
        classes.forEach(random::shuffle);
        return deal(classes, holders, numClients);
    }

    /** Returns, for each class, the clients that have it. */
    private List<List<Integer>> drawHolders(int classes, int numClients, PartitionRandom random) {
        List<List<Integer>> holders = IntStream.range(0, classes)
                .<List<Integer>>mapToObj(c -> new ArrayList<>())
                .toList();
        for (int client = 0; client < numClients; client++) {
            int own = client % classes;
            holders.get(own).add(client);
            long[] others = LongStream.range(0, classes).filter(c -> c != own).toArray();
            random.shuffle(others);
            for (int i = 0; i < classesPerClient - 1; i++) {
                holders.get((int) others[i]).add(client);
            }
        }
        return holders;
    }

    private List<long[]> deal(List<long[]> classes, List<List<Integer>> holders, int numClients) {
        List<long[]> parts = new ArrayList<>(numClients);
        for (int client = 0; client < numClients; client++) {
            parts.add(part(client, classes, holders));
            Arguments.require(
                    parts.get(client).length > 0,
                    "client without samples: client=" + client + ", numClients=" + numClients
                            + ", expected=a class with a sample for each client that has it; lower numClients or raise"
                            + " classesPerClient");
        }
        return parts;
    }

    private static long[] part(int client, List<long[]> classes, List<List<Integer>> holders) {
        return IntStream.range(0, classes.size())
                .filter(c -> holders.get(c).contains(client))
                .mapToObj(c -> PartitionUtil.part(
                        classes.get(c), holders.get(c).size(), holders.get(c).indexOf(client)))
                .flatMapToLong(Arrays::stream)
                .sorted()
                .toArray();
    }
}

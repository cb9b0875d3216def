package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.blazefl4j.util.Arguments;

/** {@link Partitioner#classes}, {@link Partitioner#consecutiveClasses} and {@link Partitioner#randomClasses}. */
record ClassesPerClientPartitioner(int classesPerClient, Choice choice) implements Partitioner {

    private static final int ATTEMPTS = 1000;

    /** Which classes a client has. */
    enum Choice {
        ONE_IN_TURN,
        CONSECUTIVE,
        RANDOM
    }

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
        int dealt = choice == Choice.ONE_IN_TURN ? 1 : classesPerClient;
        int least = (classes.size() + dealt - 1) / dealt;
        Arguments.require(
                numClients >= least,
                "number of clients: numClients=" + numClients + ", limit=" + least + " or more ("
                        + (dealt == 1 ? "" : dealt + " each of ")
                        + "the classes in the labels); raise numClients, or no client has the last classes");
        PartitionRandom random = new PartitionRandom(seed);
        List<List<Integer>> holders = holders(classes.size(), numClients, random);
        classes.forEach(random::shuffle);
        return deal(classes, holders, numClients);
    }

    /** Returns, for each class, the clients that have it: one or more. */
    private List<List<Integer>> holders(int classes, int numClients, PartitionRandom random) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            List<List<Integer>> holders = IntStream.range(0, classes)
                    .<List<Integer>>mapToObj(c -> new ArrayList<>())
                    .toList();
            for (int client = 0; client < numClients; client++) {
                for (int c : classesOf(client, classes, random)) {
                    holders.get(c).add(client);
                }
            }
            if (holders.stream().noneMatch(List::isEmpty)) {
                return holders;
            }
        }
        throw new IllegalArgumentException("a class without clients: numClients=" + numClients + ", classesPerClient="
                + classesPerClient + ", limit=" + ATTEMPTS + " attempts; raise numClients or classesPerClient");
    }

    private int[] classesOf(int client, int classes, PartitionRandom random) {
        if (choice == Choice.CONSECUTIVE) {
            long first = (long) client * classesPerClient;
            return IntStream.range(0, classesPerClient)
                    .map(i -> (int) ((first + i) % classes))
                    .toArray();
        }
        if (choice == Choice.RANDOM) {
            return draw(LongStream.range(0, classes), classesPerClient, random).toArray();
        }
        int own = client % classes;
        LongStream others = LongStream.range(0, classes).filter(c -> c != own);
        return IntStream.concat(IntStream.of(own), draw(others, classesPerClient - 1, random))
                .toArray();
    }

    private static IntStream draw(LongStream from, int count, PartitionRandom random) {
        long[] drawn = from.toArray();
        random.shuffle(drawn);
        return Arrays.stream(drawn).limit(count).mapToInt(c -> (int) c);
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

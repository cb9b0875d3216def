package org.blazefl4j.data;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.blazefl4j.util.Arguments;

/** {@link Partitioner#classShares}. */
record ClassSharePartitioner(double[][] shares) implements Partitioner {

    static ClassSharePartitioner of(double[][] shares) {
        double[][] copy = Arrays.stream(shares).map(double[]::clone).toArray(double[][]::new);
        for (int client = 0; client < copy.length; client++) {
            Arguments.require(
                    copy[client].length == copy[0].length,
                    "class shares: client=" + client + ", shares=" + copy[client].length + ", expected="
                            + copy[0].length + ", as client 0 has; give one for each class");
            for (double share : copy[client]) {
                Arguments.requireNotNegative("class share of client " + client, "share", share);
            }
        }
        return new ClassSharePartitioner(copy);
    }

    @Override
    public List<long[]> partition(long[] labels, int numClients, long seed) {
        PartitionUtil.checkClients(labels, numClients);
        List<long[]> classes = PartitionUtil.byClass(labels);
        Arguments.require(
                shares.length == numClients && shares[0].length == classes.size(),
                "class shares: rows=" + shares.length + ", columns=" + (shares.length == 0 ? 0 : shares[0].length)
                        + ", expected=" + numClients + " rows, one for each client, and " + classes.size()
                        + " columns, one for each class in the labels; change them, or numClients");
        PartitionRandom random = new PartitionRandom(seed);
        LongStream.Builder[] parts =
                Stream.generate(LongStream::builder).limit(numClients).toArray(LongStream.Builder[]::new);
        for (int c = 0; c < classes.size(); c++) {
            deal(c, classes.get(c), parts, random);
        }
        List<long[]> result =
                Stream.of(parts).map(part -> part.build().sorted().toArray()).toList();
        for (int client = 0; client < numClients; client++) {
            Arguments.require(
                    result.get(client).length > 0,
                    "client without samples: client=" + client
                            + ", expected=shares of half a sample or more in some class; raise its shares");
        }
        return result;
    }

    private void deal(int c, long[] samples, LongStream.Builder[] parts, PartitionRandom random) {
        double[] ofClass = Arrays.stream(shares).mapToDouble(row -> row[c]).toArray();
        Arguments.require(
                Arrays.stream(ofClass).anyMatch(share -> share > 0),
                "a class without clients: class=" + c + " in label order, samples=" + samples.length
                        + ", expected=a share above 0; give it to a client");
        random.shuffle(samples);
        int[] sizes = PartitionUtil.apportion(samples.length, ofClass);
        int begin = 0;
        for (int client = 0; client < sizes.length; client++) {
            Arrays.stream(samples, begin, begin + sizes[client]).forEach(parts[client]::add);
            begin += sizes[client];
        }
    }
}

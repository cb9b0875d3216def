package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.blazefl4j.util.Arguments;

/**
 * {@link Partitioner#sizes}, {@link Partitioner#dirichletSizes} and {@link Partitioner#logNormalSizes}.
 *
 * @param filled whether clients without samples get one of the largest client's
 */
record SizePartitioner(Proportions proportions, boolean filled) implements Partitioner {

    private static final double HIGHEST_SIGMA = 10;

    /** Returns one number above 0 per client. */
    interface Proportions {
        double[] draw(int numClients, PartitionRandom random);
    }

    static SizePartitioner given(double[] proportions) {
        double[] given = proportions.clone();
        Arguments.require(
                given.length > 0, "client sizes: proportions=[], expected=one number above 0 for each client");
        for (int client = 0; client < given.length; client++) {
            Arguments.requirePositive("size of client " + client, "proportion", given[client]);
        }
        return new SizePartitioner((numClients, random) -> forClients(numClients, given), false);
    }

    private static double[] forClients(int numClients, double[] given) {
        Arguments.require(
                given.length == numClients,
                "client sizes: proportions=" + given.length + ", expected=" + numClients
                        + ", one for each client; change their number or numClients");
        return given;
    }

    static SizePartitioner dirichlet(double alpha) {
        PartitionUtil.checkAlpha(alpha);
        return new SizePartitioner((numClients, random) -> random.dirichlet(alpha, numClients), true);
    }

    static SizePartitioner logNormal(double sigma) {
        Arguments.require(
                sigma >= 0 && sigma <= HIGHEST_SIGMA,
                "deviation of log sizes: sigma=" + sigma + ", limit=0 to " + HIGHEST_SIGMA
                        + "; 0 is even, 2 very uneven");
        return new SizePartitioner(
                (numClients, random) -> IntStream.range(0, numClients)
                        .mapToDouble(i -> StrictMath.exp(sigma * random.normal()))
                        .toArray(),
                true);
    }

    @Override
    public List<long[]> partition(long[] labels, int numClients, long seed) {
        PartitionUtil.checkClients(labels, numClients);
        PartitionRandom random = new PartitionRandom(seed);
        int[] sizes = PartitionUtil.apportion(labels.length, proportions.draw(numClients, random));
        if (filled) {
            fill(sizes);
        }
        long[] order = LongStream.range(0, labels.length).toArray();
        random.shuffle(order);
        List<long[]> parts = new ArrayList<>(numClients);
        int begin = 0;
        for (int client = 0; client < numClients; client++) {
            Arguments.require(
                    sizes[client] > 0,
                    "client without samples: client=" + client + ", samples=" + labels.length
                            + ", expected=a proportion of half a sample or more; raise it");
            long[] part = Arrays.copyOfRange(order, begin, begin + sizes[client]);
            Arrays.sort(part);
            parts.add(part);
            begin += sizes[client];
        }
        return parts;
    }

    private static void fill(int[] sizes) {
        for (int client = 0; client < sizes.length; client++) {
            if (sizes[client] == 0) {
                int largest = 0;
                for (int i = 1; i < sizes.length; i++) {
                    largest = sizes[i] > sizes[largest] ? i : largest;
                }
                sizes[largest]--;
                sizes[client]++;
            }
        }
    }
}

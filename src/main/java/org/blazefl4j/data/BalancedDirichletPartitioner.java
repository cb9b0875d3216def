package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** {@link Partitioner#balancedDirichlet}. */
record BalancedDirichletPartitioner(double alpha) implements Partitioner {

    BalancedDirichletPartitioner {
        PartitionUtil.checkAlpha(alpha);
    }

    @Override
    public List<long[]> partition(long[] labels, int numClients, long seed) {
        PartitionUtil.checkClients(labels, numClients);
        List<long[]> classes = PartitionUtil.byClass(labels);
        PartitionRandom random = new PartitionRandom(seed);
        double[][] mixtures = new double[numClients][];
        Arrays.setAll(mixtures, client -> random.dirichlet(alpha, classes.size()));
        classes.forEach(random::shuffle);
        List<long[]> parts = takeTurns(classes, mixtures, labels.length, random);
        parts.forEach(Arrays::sort);
        return parts;
    }

    private static List<long[]> takeTurns(
            List<long[]> classes, double[][] mixtures, int samples, PartitionRandom random) {
        int clients = mixtures.length;
        int[] left = classes.stream().mapToInt(ofClass -> ofClass.length).toArray();
        List<long[]> parts = new ArrayList<>(clients);
        for (int client = 0; client < clients; client++) {
            parts.add(new long[samples / clients + (client < samples % clients ? 1 : 0)]);
        }
        for (int taken = 0; taken < samples; taken++) {
            int client = taken % clients;
            int drawn = random.weighted(weights(mixtures[client], left));
            parts.get(client)[taken / clients] = classes.get(drawn)[--left[drawn]];
        }
        return parts;
    }

    /** Returns the mixture without exhausted classes, or the numbers of remaining samples if it is exhausted. */
    private static double[] weights(double[] mixture, int[] left) {
        double[] weights = new double[mixture.length];
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = left[i] > 0 ? mixture[i] : 0;
            sum += weights[i];
        }
        return sum > 0 ? weights : Arrays.stream(left).asDoubleStream().toArray();
    }
}

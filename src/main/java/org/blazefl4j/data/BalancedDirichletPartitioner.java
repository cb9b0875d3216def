package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Gives every client the same number of samples in a class mixture of its own, drawn from a Dirichlet distribution over
 * the classes (D. A. E. Acar et al.: Federated Learning Based on Dynamic Regularization, ICLR 2021).
 *
 * <p>Clients take turns, in the order of their ids; in each turn a client draws a class from its mixture and takes one
 * random sample of it, until it has its size. A class that is used up is no longer drawn: the mixture goes on with the
 * others, and a client whose whole mixture is used up draws in proportion to what is left. So every sample is given
 * once, and the last turns are less true to the mixtures than the first. Where the samples do not divide equally, the
 * first clients have one more.
 *
 * <p>To compare with others: drawing on in the mixture without the classes that are used up is what Acar et al. do, and
 * FedLab with them. BlazeFL draws uniformly among the classes that are left instead, has clients take turns at random,
 * and leaves out the samples that do not divide equally.
 *
 * @param alpha the concentration, 1e-6 to 1e6: small gives a client few classes, large all classes evenly
 */
public record BalancedDirichletPartitioner(double alpha) implements Partitioner {

    /**
     * Checks the concentration.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public BalancedDirichletPartitioner {
        Parts.checkAlpha(alpha);
    }

    @Override
    public List<long[]> partition(long[] labels, int numClients, long seed) {
        Parts.checkClients(labels, numClients);
        List<long[]> classes = Parts.byClass(labels);
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
            parts.add(new long[Parts.cut(samples, clients, client + 1) - Parts.cut(samples, clients, client)]);
        }
        for (int taken = 0; taken < samples; taken++) {
            int client = taken % clients;
            int drawn = random.weighted(weights(mixtures[client], left));
            parts.get(client)[taken / clients] = classes.get(drawn)[--left[drawn]];
        }
        return parts;
    }

    /** A client's mixture without the classes that are used up; what is left of them if nothing of it remains. */
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

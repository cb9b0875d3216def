package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Divides each class among the clients in proportions drawn from a Dirichlet distribution, so that clients differ in
 * size and classes (M. Yurochkin et al.: Bayesian Nonparametric Federated Learning of Neural Networks, ICML 2019,
 * section 4).
 *
 * <p>The proportions of all classes are drawn again until every client has the least number of samples, 1 000 times at
 * the most, and no more than 10 times where so many clients have too few that the other 990 would succeed with a
 * probability below 1e-8; then each class's samples are dealt out in random order. Cuts are rounded to whole samples.
 *
 * @param alpha the concentration, 1e-6 to 1e6: small gives each class to few clients, large divides evenly
 * @param minSize the least number of samples of a client, 1 or more
 */
public record DirichletPartitioner(double alpha, int minSize) implements Partitioner {

    private static final int ATTEMPTS = 1000;

    /** After so many attempts it is settled whether to go on. */
    private static final int LOOK = 10;

    /**
     * So many clients with too few samples in the mean of the first attempts leave no hope. Shares of a Dirichlet
     * distribution are negatively associated, so an attempt succeeds with a probability of at most exp(-n) where n
     * clients have too few on average, and the number of these clients varies no more than if they were independent. If
     * n were below 28, ten attempts would have 400 with a probability below 1e-9; above it, one of 1 000 would succeed
     * with one below 1e-9.
     */
    private static final int HOPELESS = 40;

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public DirichletPartitioner {
        Parts.checkAlpha(alpha);
        if (minSize < 1) {
            throw new IllegalArgumentException(
                    "minimum size: minSize=" + minSize + ", limit=1 or more samples a client");
        }
    }

    /**
     * Leaves no client without a sample.
     *
     * @param alpha the concentration, 1e-6 to 1e6
     */
    public DirichletPartitioner(double alpha) {
        this(alpha, 1);
    }

    @Override
    public List<long[]> partition(long[] labels, int numClients, long seed) {
        Parts.checkClients(labels, numClients);
        if ((long) minSize * numClients > labels.length) {
            throw new IllegalArgumentException("minimum size: minSize=" + minSize + ", limit="
                    + labels.length / numClients + " (" + labels.length + " samples for " + numClients
                    + " clients); lower minSize or numClients");
        }
        List<long[]> classes = Parts.byClass(labels);
        PartitionRandom random = new PartitionRandom(seed);
        return deal(classes, drawCuts(classes, numClients, random), numClients, random);
    }

    /** For each class, where each client's share of it begins and the last one's ends. */
    private int[][] drawCuts(List<long[]> classes, int numClients, PartitionRandom random) {
        int best = 0;
        long tooSmall = 0;
        int attempts = 0;
        while (attempts < ATTEMPTS && !(attempts == LOOK && tooSmall >= LOOK * HOPELESS)) {
            int[][] cuts = classes.stream()
                    .map(samples -> cuts(random.dirichlet(alpha, numClients), samples.length))
                    .toArray(int[][]::new);
            int[] sizes = sizes(cuts, numClients);
            long missed = Arrays.stream(sizes).filter(size -> size < minSize).count();
            if (missed == 0) {
                return cuts;
            }
            best = Math.max(best, Arrays.stream(sizes).min().orElseThrow());
            tooSmall += missed;
            attempts++;
        }
        throw new IllegalArgumentException("no division with enough samples for every client: alpha=" + alpha
                + ", numClients=" + numClients + ", smallest client at best=" + best + ", limit=" + minSize + " in "
                + attempts + " attempts, in which " + Math.round((double) tooSmall / attempts)
                + " clients on average had fewer; raise alpha or lower " + (minSize > 1 ? "minSize or " : "")
                + "numClients");
    }

    /** Where each client's share of so many samples begins and the last one's ends. */
    static int[] cuts(double[] proportions, int samples) {
        int[] cuts = new int[proportions.length + 1];
        double sum = 0;
        for (int i = 1; i < proportions.length; i++) {
            sum += proportions[i - 1];
            cuts[i] = Math.min((int) (sum * samples + 0.5), samples); // rounded down, the last client would gain
        }
        cuts[proportions.length] = samples;
        return cuts;
    }

    private static int[] sizes(int[][] cuts, int numClients) {
        int[] sizes = new int[numClients];
        for (int[] ofClass : cuts) {
            for (int i = 0; i < numClients; i++) {
                sizes[i] += ofClass[i + 1] - ofClass[i];
            }
        }
        return sizes;
    }

    private static List<long[]> deal(List<long[]> classes, int[][] cuts, int numClients, PartitionRandom random) {
        classes.forEach(random::shuffle);
        List<long[]> parts = new ArrayList<>(numClients);
        for (int i = 0; i < numClients; i++) {
            parts.add(part(classes, cuts, i));
        }
        return parts;
    }

    private static long[] part(List<long[]> classes, int[][] cuts, int client) {
        long[] part = new long[0];
        for (int c = 0; c < cuts.length; c++) {
            int from = cuts[c][client];
            int length = cuts[c][client + 1] - from;
            part = Arrays.copyOf(part, part.length + length);
            System.arraycopy(classes.get(c), from, part, part.length - length, length);
        }
        Arrays.sort(part);
        return part;
    }
}

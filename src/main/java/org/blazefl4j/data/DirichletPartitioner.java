package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.util.Arguments;

/** {@link Partitioner#dirichlet(double, int)}, and {@link Partitioner#cappedDirichlet} if capped. */
record DirichletPartitioner(double alpha, int minSize, boolean capped) implements Partitioner {

    private static final int ATTEMPTS = 1000;

    /** The number of attempts after which a hopeless request is given up. */
    private static final int EARLY_ATTEMPTS = 10;

    /**
     * The mean number of clients with too few samples that makes further attempts hopeless. Shares of a Dirichlet
     * distribution are negatively associated, so an attempt succeeds with a probability of at most exp(-n) if n clients
     * have too few on average, and the number of these clients varies no more than if they were independent. If n is
     * below 28, ten attempts count 400 such clients with a probability below 1e-9; otherwise one of 1 000 attempts
     * succeeds with a probability below 1e-9.
     */
    private static final int HOPELESS = 40;

    DirichletPartitioner {
        PartitionUtil.checkAlpha(alpha);
        Arguments.require(minSize >= 1, "minimum size: minSize=" + minSize + ", limit=1 or more samples per client");
    }

    @Override
    public List<long[]> partition(long[] labels, int numClients, long seed) {
        PartitionUtil.checkClients(labels, numClients);
        Arguments.require(
                (long) minSize * numClients <= labels.length,
                "minimum size: minSize=" + minSize + ", limit="
                        + labels.length / numClients + " (" + labels.length + " samples for " + numClients
                        + " clients); lower minSize or numClients");
        List<long[]> classes = PartitionUtil.byClass(labels);
        PartitionRandom random = new PartitionRandom(seed);
        int[][] cuts = drawCuts(classes, numClients, random);
        classes.forEach(random::shuffle);
        List<long[]> parts = new ArrayList<>(numClients);
        for (int i = 0; i < numClients; i++) {
            parts.add(part(classes, cuts, i));
        }
        return parts;
    }

    /** Returns, for each class, the boundaries of the clients' shares. */
    private int[][] drawCuts(List<long[]> classes, int numClients, PartitionRandom random) {
        int best = 0;
        long tooSmall = 0;
        int attempts = 0;
        while (attempts < ATTEMPTS && !(attempts == EARLY_ATTEMPTS && tooSmall >= EARLY_ATTEMPTS * HOPELESS)) {
            int[] sizes = new int[numClients];
            int[][] cuts = drawCuts(classes, sizes, random);
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

    /** Draws once, without regard to the minimum size, and adds the clients' shares to {@code sizes}. */
    private int[][] drawCuts(List<long[]> classes, int[] sizes, PartitionRandom random) {
        int total = classes.stream().mapToInt(samples -> samples.length).sum();
        int[][] cuts = new int[classes.size()][];
        for (int c = 0; c < cuts.length; c++) {
            double[] proportions = random.dirichlet(alpha, sizes.length);
            if (capped) {
                closeFull(proportions, sizes, total);
            }
            cuts[c] = cuts(proportions, classes.get(c).length);
            for (int i = 0; i < sizes.length; i++) {
                sizes[i] += cuts[c][i + 1] - cuts[c][i];
            }
        }
        return cuts;
    }

    /** Moves the proportions of clients with their even share to the others; evenly if those have none. */
    private static void closeFull(double[] proportions, int[] sizes, int total) {
        double[] open = new double[sizes.length];
        Arrays.setAll(open, i -> (long) sizes[i] * sizes.length < total ? 1 : 0);
        double[] left = new double[sizes.length];
        Arrays.setAll(left, i -> open[i] * proportions[i]);
        double[] shares = Arrays.stream(left).sum() > 0 ? left : open;
        double sum = Arrays.stream(shares).sum();
        Arrays.setAll(proportions, i -> shares[i] / sum);
    }

    /** Returns the boundaries of the clients' shares of {@code samples} samples, one more than clients. */
    static int[] cuts(double[] proportions, int samples) {
        int[] cuts = new int[proportions.length + 1];
        double sum = 0;
        for (int i = 1; i < proportions.length; i++) {
            sum += proportions[i - 1];
            cuts[i] = Math.min((int) (sum * samples + 0.5), samples); // rounding down would favour the last client
        }
        cuts[proportions.length] = samples;
        return cuts;
    }

    private static long[] part(List<long[]> classes, int[][] cuts, int client) {
        return IntStream.range(0, cuts.length)
                .boxed()
                .flatMapToLong(c -> Arrays.stream(classes.get(c), cuts[c][client], cuts[c][client + 1]))
                .sorted()
                .toArray();
    }
}

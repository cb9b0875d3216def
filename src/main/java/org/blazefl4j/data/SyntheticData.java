package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;

/**
 * Synthetic(α, β): generated samples of clients that differ in size, in inputs and in the function from inputs to
 * classes (T. Li et al.: Federated Optimization in Heterogeneous Networks, MLSys 2020, section 5.1). The same numbers
 * give the same bits on every machine and Java version.
 *
 * <p>Client k has 50 + ⌊exp(N(4, 2²))⌋ samples. Its classes are argmax(Wᵀx + b), with all elements of W and b from N(u,
 * 1) and u from N(0, α²); its inputs are from N(v, Σ), with Σ diagonal, Σ_jj = j^-1.2, all elements of v from N(B, 1)
 * and B from N(0, β²). So α = 0 makes clients' functions alike and β = 0 their inputs, but not equal. The first nine
 * tenths of its samples are for training, the others for testing.
 *
 * <p>Owns its tensors: close it after the last use of its samples.
 *
 * <pre>{@code
 * try (var data = SyntheticData.of(1, 1, 30, 42);
 *         var clients = new InMemoryPartitionedDataset<PartitionType>()) {
 *     clients.setClients(PartitionType.TRAIN, data.samples(), data.train());
 *     clients.setCommon(PartitionType.TEST, data.samples(), data.allTest());
 * }
 * }</pre>
 *
 * @param inputs float32 of shape [n, 60], client by client
 * @param classes int64 of shape [n], each in [0, 10)
 * @param train the positions of each client's training samples, ascending
 * @param test the positions of each client's test samples, ascending
 */
public record SyntheticData(Tensor inputs, Tensor classes, List<long[]> train, List<long[]> test)
        implements AutoCloseable {

    /** The number of elements of a sample. */
    public static final int INPUTS = 60;

    /** The number of classes. */
    public static final int CLASSES = 10;

    /** Those whose inputs fit into an array. */
    private static final int MOST_SAMPLES = (Integer.MAX_VALUE - 8) / INPUTS;

    private static final int LEAST_SIZE = 50;
    private static final int MOST_CLIENTS = MOST_SAMPLES / LEAST_SIZE;
    private static final double LOG_SIZE_MEAN = 4;
    private static final double LOG_SIZE_DEVIATION = 2;
    private static final double VARIANCE_EXPONENT = -1.2;
    private static final double TRAINING_SHARE = 0.9;

    /** Takes ownership of the tensors. */
    public SyntheticData {
        inputs.retainReference(); // they outlive the pointer scope of their creation
        classes.retainReference();
    }

    /**
     * Generates the samples of some clients.
     *
     * @param alpha how much clients' functions differ, 0 or more: a standard deviation
     * @param beta how much clients' inputs differ, 0 or more: a standard deviation
     * @return the samples; the caller closes them
     * @throws IllegalArgumentException if a number is out of range
     */
    public static SyntheticData of(double alpha, double beta, int clients, long seed) {
        requireDeviation("alpha", alpha);
        requireDeviation("beta", beta);
        Arguments.require(
                clients >= 1 && clients <= MOST_CLIENTS,
                "number of clients: clients=" + clients + ", limit=1 to " + MOST_CLIENTS + " (each has at least "
                        + LEAST_SIZE + " samples); change it");
        PartitionRandom random = new PartitionRandom(seed);
        int[] sizes = new int[clients];
        Arrays.setAll(sizes, k -> LEAST_SIZE + size(random));
        long samples = Arrays.stream(sizes).asLongStream().sum();
        Arguments.require(
                samples <= MOST_SAMPLES,
                () -> "too many samples: clients=" + clients + ", samples=" + samples + ", limit=" + MOST_SAMPLES
                        + "; lower the number of clients");
        int total = (int) samples;
        float[] inputs = new float[total * INPUTS];
        long[] classes = new long[total];
        List<long[]> train = new ArrayList<>(clients);
        List<long[]> test = new ArrayList<>(clients);
        int begin = 0;
        for (int size : sizes) {
            int end = begin + size;
            fill(inputs, classes, begin, end, alpha * random.normal(), beta * random.normal(), random);
            int cut = begin + (int) (TRAINING_SHARE * size);
            train.add(LongStream.range(begin, cut).toArray());
            test.add(LongStream.range(cut, end).toArray());
            begin = end;
        }
        return new SyntheticData(Tensors.of(inputs, total, INPUTS), Tensors.of(classes), train, test);
    }

    private static void requireDeviation(String name, double value) {
        Arguments.requireNotNegative("deviation", name, value);
    }

    private static int size(PartitionRandom random) {
        return (int) StrictMath.exp(LOG_SIZE_MEAN + LOG_SIZE_DEVIATION * random.normal());
    }

    /** Draws one client's function and the samples from {@code begin} to before {@code end}. */
    private static void fill(
            float[] inputs,
            long[] classes,
            int begin,
            int end,
            double meanWeight,
            double meanInput,
            PartitionRandom random) {
        double[] mean = normals(INPUTS, meanInput, random);
        double[][] weights = new double[CLASSES][];
        Arrays.setAll(weights, c -> normals(INPUTS, meanWeight, random));
        double[] bias = normals(CLASSES, meanWeight, random);
        double[] deviation = new double[INPUTS];
        Arrays.setAll(deviation, j -> StrictMath.sqrt(StrictMath.pow(j + 1, VARIANCE_EXPONENT)));
        double[] x = new double[INPUTS];
        for (int i = begin; i < end; i++) {
            for (int j = 0; j < INPUTS; j++) {
                x[j] = mean[j] + deviation[j] * random.normal();
                inputs[i * INPUTS + j] = (float) x[j];
            }
            classes[i] = classOf(x, weights, bias);
        }
    }

    private static double[] normals(int count, double mean, PartitionRandom random) {
        double[] drawn = new double[count];
        Arrays.setAll(drawn, i -> mean + random.normal());
        return drawn;
    }

    private static int classOf(double[] x, double[][] weights, double[] bias) {
        int best = 0;
        double highest = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < bias.length; c++) {
            double logit = bias[c];
            for (int j = 0; j < x.length; j++) {
                logit += weights[c][j] * x[j];
            }
            if (logit > highest) {
                highest = logit;
                best = c;
            }
        }
        return best;
    }

    /** Returns all samples, of which {@link #train} and {@link #test} name parts. */
    public TensorDataset samples() {
        return new TensorDataset(inputs, classes);
    }

    /** Returns the positions of all clients' training samples, ascending. */
    public long[] allTrain() {
        return all(train);
    }

    /** Returns the positions of all clients' test samples, ascending. */
    public long[] allTest() {
        return all(test);
    }

    private static long[] all(List<long[]> parts) {
        return parts.stream().flatMapToLong(Arrays::stream).toArray();
    }

    @Override
    public void close() {
        inputs.close();
        classes.close();
    }
}

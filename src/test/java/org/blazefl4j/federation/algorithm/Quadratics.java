package org.blazefl4j.federation.algorithm;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.model.Model;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Clients with the objectives {@code F_k(w) = 1/2 sum over i of h_ki (w_i - a_ki)^2 + 1} through the real pipeline: the
 * samples of client k are copies of its a_k and h_k, and the model's outputs are such that the cross-entropy is F_k. So
 * minimisers, proximal points and trajectories are known in closed form. Full batches have exact gradients {@code h_k
 * (w - a_k)}, to the rounding of floats.
 */
final class Quadratics implements AutoCloseable {

    /** The number of parameters. */
    static final int D = 10;

    /** Where all models start. */
    static final float START = 0.5f;

    /** The ways in which clients may weigh: by all bits of a double, too. */
    static final List<Weighting> WEIGHTINGS = List.of(Weighting.BY_SAMPLES, Weighting.UNIFORM, new SquareRoot());

    record SquareRoot() implements Weighting {
        @Override
        public double of(long dataSize, Map<String, Double> numbers) {
            return Math.sqrt(dataSize);
        }
    }

    /** The only model. */
    enum Name {
        QUADRATIC
    }

    /** Makes the model. */
    record Selector() implements ModelSelector<Name> {
        @Override
        public Model selectModel(Name name) {
            return new Quadratic();
        }
    }

    private static final class Quadratic extends Model {

        private final Tensor w = register_parameter("w", torch.full(new long[] {D}, new Scalar(START)), true);

        Quadratic() {
            w.retainReference();
        }

        /** Returns outputs 0 and log(e^F - 1), whose cross-entropy with class 0 is log(1 + (e^F - 1)) = F. */
        @Override
        public Tensor forward(Tensor x) {
            Tensor a = x.narrow(1, 0, D);
            Tensor h = x.narrow(1, D, D);
            Tensor f = w.sub(a).square().mul(h).sum(1).mul(new Scalar(0.5)).add(new Scalar(1.0));
            Tensor other = f.expm1().log();
            return torch.stack(new TensorVector(torch.zeros_like(other), other), 1);
        }
    }

    private final float[][] a;
    private final float[][] h;
    private final int[] sizes;
    private final InMemoryPartitionedDataset<PartitionType> data = new InMemoryPartitionedDataset<>();

    /** Makes clients with these minimisers, curvatures and numbers of samples. */
    Quadratics(float[][] a, float[][] h, int... sizes) {
        this.a = a;
        this.h = h;
        this.sizes = sizes;
        for (int cid = 0; cid < sizes.length; cid++) {
            data.setDataset(PartitionType.TRAIN, cid, samples(cid));
        }
        data.setDataset(PartitionType.TEST, samples(0));
    }

    /** Makes clients with minimisers in [-1, 1], curvatures in [1/2, 2] and 1 to 4 samples. */
    static Quadratics random(long seed, int clients) {
        SplittableRandom random = new SplittableRandom(seed);
        float[][] a = new float[clients][];
        float[][] h = new float[clients][];
        int[] sizes = new int[clients];
        for (int cid = 0; cid < clients; cid++) {
            a[cid] = floats(random, -1, 1);
            h[cid] = floats(random, 0.5, 2);
            sizes[cid] = random.nextInt(1, 5);
        }
        return new Quadratics(a, h, sizes);
    }

    private static float[] floats(SplittableRandom random, double least, double most) {
        float[] values = new float[D];
        for (int i = 0; i < D; i++) {
            values[i] = (float) random.nextDouble(least, most);
        }
        return values;
    }

    private TensorDataset samples(int cid) {
        int rows = sizes[cid];
        float[] x = new float[rows * 2 * D];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(a[cid], 0, x, row * 2 * D, D);
            System.arraycopy(h[cid], 0, x, row * 2 * D + D, D);
        }
        return new TensorDataset(Tensor.create(x, rows, 2 * D), Tensor.create(new long[rows], rows));
    }

    /** Returns federated averaging of all clients, each of which takes full-batch steps. */
    Federation fedAvg(int rounds, int steps, double lr) {
        return fedAvg(ServerOptions.of(rounds, clients()), steps, lr);
    }

    Federation fedAvg(ServerOptions server, int steps, double lr) {
        return Federation.of(new Selector(), Name.QUADRATIC, data, server)
                .local(LocalOptions.of(new SgdOptions(1, 100, lr)).withSteps(steps));
    }

    int clients() {
        return sizes.length;
    }

    int size(int cid) {
        return sizes[cid];
    }

    double a(int cid, int i) {
        return a[cid][i];
    }

    double h(int cid, int i) {
        return h[cid][i];
    }

    /** Returns the client's gradient at w. */
    double gradient(int cid, int i, double w) {
        return h(cid, i) * (w - a(cid, i));
    }

    /** Returns the minimiser of {@code F_k(w) + mu/2 |w - x|^2 - <linear, w>}. */
    double proximal(int cid, int i, double mu, double x, double linear) {
        return (h(cid, i) * a(cid, i) + mu * x + linear) / (h(cid, i) + mu);
    }

    /** Returns the minimiser of the mean of all F_k with these weights. */
    double minimiser(int i, double... weights) {
        double top = 0;
        double bottom = 0;
        for (int cid = 0; cid < clients(); cid++) {
            top += weights[cid] * h(cid, i) * a(cid, i);
            bottom += weights[cid] * h(cid, i);
        }
        return top / bottom;
    }

    /** Returns the clients' weights. */
    double[] weights(Weighting weighting) {
        return Arrays.stream(sizes)
                .mapToDouble(size -> weighting.of(size, Map.of()))
                .toArray();
    }

    /** Returns a formula's value for each parameter. */
    static float[] expected(IntToDoubleFunction formula) {
        float[] values = new float[D];
        for (int i = 0; i < D; i++) {
            values[i] = (float) formula.applyAsDouble(i);
        }
        return values;
    }

    @Override
    public void close() {
        data.close();
    }
}

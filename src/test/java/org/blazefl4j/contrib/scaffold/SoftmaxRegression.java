package org.blazefl4j.contrib.scaffold;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.data.TensorDataset;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;

/**
 * Calculates {@link Tiny#LINEAR} in FP64: the mean cross-entropy over samples, and its gradient.
 *
 * @param pixels of all samples
 * @param labels of all samples
 */
record SoftmaxRegression(double[] pixels, int[] labels) {

    static final int INPUTS = 16;
    static final int CLASSES = Tiny.CLASSES;
    static final int NUMEL = (INPUTS + 1) * CLASSES;

    static SoftmaxRegression of(TensorDataset whole) {
        int[] labels = IntStream.range(0, (int) whole.size())
                .map(n -> (int) whole.targets().select(0, n).item_long())
                .toArray();
        return new SoftmaxRegression(doubles(whole.data()), labels);
    }

    static double[] doubles(Tensor tensor) {
        float[] floats = new float[(int) tensor.numel()];
        new FloatPointer(tensor.data_ptr()).get(floats);
        double[] values = new double[floats.length];
        Arrays.setAll(values, i -> floats[i]);
        return values;
    }

    /** Returns the positions of the samples of each class. */
    List<long[]> byClass() {
        return IntStream.range(0, CLASSES)
                .mapToObj(k -> IntStream.range(0, labels.length)
                        .filter(n -> labels[n] == k)
                        .asLongStream()
                        .toArray())
                .toList();
    }

    /** Returns the gradient over the samples in {@code [from, to)}. */
    double[] gradient(double[] parameters, int from, int to) {
        double[] gradient = new double[NUMEL];
        for (int n = from; n < to; n++) {
            double[] error = probabilities(parameters, n);
            error[labels[n]] -= 1;
            for (int k = 0; k < CLASSES; k++) {
                for (int j = 0; j < INPUTS; j++) {
                    gradient[INPUTS * k + j] += error[k] * pixels[INPUTS * n + j] / (to - from);
                }
                gradient[INPUTS * CLASSES + k] += error[k] / (to - from);
            }
        }
        return gradient;
    }

    /** Returns the loss over all samples. */
    double loss(double[] parameters) {
        return IntStream.range(0, labels.length)
                .mapToDouble(n -> -Math.log(probabilities(parameters, n)[labels[n]]))
                .average()
                .orElseThrow();
    }

    private double[] probabilities(double[] parameters, int n) {
        double[] output = new double[CLASSES];
        for (int k = 0; k < CLASSES; k++) {
            output[k] = parameters[INPUTS * CLASSES + k];
            for (int j = 0; j < INPUTS; j++) {
                output[k] += parameters[INPUTS * k + j] * pixels[INPUTS * n + j];
            }
            output[k] = Math.exp(output[k]);
        }
        double total = Arrays.stream(output).sum();
        return Arrays.stream(output).map(o -> o / total).toArray();
    }

    /** Returns the least loss, approached by the given number of gradient steps. */
    double optimalLoss(int steps, double lr) {
        double[] x = new double[NUMEL];
        for (int step = 0; step < steps; step++) {
            double[] gradient = gradient(x, 0, labels.length);
            Arrays.setAll(x, i -> x[i] - lr * gradient[i]);
        }
        return loss(x);
    }
}

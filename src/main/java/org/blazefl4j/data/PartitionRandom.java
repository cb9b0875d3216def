package org.blazefl4j.data;

import java.util.SplittableRandom;

/**
 * Random numbers for partitioners and generated data, the same on every machine and Java version: derives everything
 * from the bits of {@link SplittableRandom} by {@link StrictMath}.
 */
final class PartitionRandom {

    private final SplittableRandom bits;

    PartitionRandom(long seed) {
        this.bits = new SplittableRandom(seed);
    }

    /** Draws from the uniform distribution over (0, 1), with 53 bits. */
    double uniform() {
        return ((bits.nextLong() >>> 11) + 0.5) * 0x1p-53;
    }

    /** Draws uniformly from 0 to bound - 1, rejecting bits beyond the last whole multiple of the bound. */
    int below(int bound) {
        while (true) {
            int drawn = (int) (bits.nextLong() >>> 33);
            int result = drawn % bound;
            if (drawn - result + (bound - 1) >= 0) {
                return result;
            }
        }
    }

    /** Shuffles the elements (Fisher, Yates). */
    void shuffle(long[] values) {
        for (int i = values.length - 1; i > 0; i--) {
            int j = below(i + 1);
            long swapped = values[i];
            values[i] = values[j];
            values[j] = swapped;
        }
    }

    /**
     * Draws a point of the symmetric Dirichlet distribution: Gamma numbers divided by their sum, computed from their
     * logarithms because small concentrations would underflow.
     */
    double[] dirichlet(double concentration, int parts) {
        double[] point = new double[parts];
        double highest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < parts; i++) {
            point[i] = logGamma(concentration);
            highest = Math.max(highest, point[i]);
        }
        for (int i = 0; i < parts; i++) {
            point[i] = StrictMath.exp(point[i] - highest);
        }
        double sum = sum(point);
        for (int i = 0; i < parts; i++) {
            point[i] /= sum;
        }
        return point;
    }

    /**
     * Draws the logarithm of a number of the Gamma distribution with scale 1 (G. Marsaglia, W. W. Tsang: A Simple
     * Method for Generating Gamma Variables, ACM TOMS 26, 2000). For a shape below 1, multiplies a number of shape + 1
     * by a uniform number to the power 1 / shape.
     */
    double logGamma(double shape) {
        if (shape < 1) {
            return logGamma(shape + 1) + StrictMath.log(uniform()) / shape;
        }
        double d = shape - 1.0 / 3;
        double c = 1 / StrictMath.sqrt(9 * d);
        while (true) {
            double x = normal();
            double root = 1 + c * x;
            if (root <= 0) {
                continue;
            }
            double v = root * root * root;
            if (StrictMath.log(uniform()) < 0.5 * x * x + d - d * v + d * StrictMath.log(v)) {
                return StrictMath.log(d * v);
            }
        }
    }

    /** Draws from the standard normal distribution (Box, Muller). */
    double normal() {
        double radius = StrictMath.sqrt(-2 * StrictMath.log(uniform()));
        return radius * StrictMath.cos(2 * StrictMath.PI * uniform());
    }

    private static double sum(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum;
    }

    /** Draws a position with a probability proportional to its weight; at least one weight must be above 0. */
    int weighted(double[] weights) {
        double left = uniform() * sum(weights);
        int last = -1;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] > 0) {
                last = i;
                left -= weights[i];
                if (left < 0) {
                    return i;
                }
            }
        }
        return last; // a remainder of rounding
    }
}

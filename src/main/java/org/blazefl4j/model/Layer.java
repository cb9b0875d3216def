package org.blazefl4j.model;

/**
 * A layer that a {@link Sequential} is declared of: what it computes and the shape of its parameters, without the
 * parameters. Named after PyTorch's modules, with the settings that small networks need.
 */
public sealed interface Layer {

    /** Returns a 2-d convolution with bias, stride 1 and no padding. */
    static Layer convolution(long in, long out, long kernel) {
        return convolution(in, out, kernel, 0);
    }

    /** Returns a 2-d convolution with bias and stride 1, of images with {@code padding} zeros on each side. */
    static Layer convolution(long in, long out, long kernel, long padding) {
        return new Convolution(in, out, kernel, padding, true);
    }

    /** Returns ReLU. */
    static Layer relu() {
        return new Relu();
    }

    /** Returns max pooling, which halves the height and the width. */
    static Layer maxPool() {
        return new MaxPool();
    }

    /** Returns the layer that makes one row of each sample. */
    static Layer flatten() {
        return new Flatten();
    }

    /** Returns a fully connected layer with bias. */
    static Layer linear(long in, long out) {
        return new Linear(in, out, true);
    }

    /** Returns dropout that draws from the client's stream, with the probability of zeroing an element. */
    static Layer dropout(double probability) {
        return new Dropout(probability);
    }

    /** A 2-d convolution with a square kernel and stride 1: [n, in, h, w] to [n, out, ...]. */
    record Convolution(long in, long out, long kernel, long padding, boolean bias) implements Layer {

        /** Checks the sizes. */
        public Convolution {
            Checks.layer("convolution", "in", in, 1);
            Checks.layer("convolution", "out", out, 1);
            Checks.layer("convolution", "kernel", kernel, 1);
            Checks.layer("convolution", "padding", padding, 0);
        }
    }

    /** {@code max(x, 0)} for each element. */
    record Relu() implements Layer {}

    /** The greatest element of each window of 2×2, as {@link org.blazefl4j.model.MaxPool} with stride 2, no padding. */
    record MaxPool() implements Layer {}

    /** [n, ...] to [n, elements of a sample]. */
    record Flatten() implements Layer {}

    /** A fully connected layer: [n, in] to [n, out]. */
    record Linear(long in, long out, boolean bias) implements Layer {

        /** Checks the sizes. */
        public Linear {
            Checks.layer("linear", "in", in, 1);
            Checks.layer("linear", "out", out, 1);
        }
    }

    /** {@link org.blazefl4j.model.Dropout}. */
    record Dropout(double probability) implements Layer {

        /** Checks the probability. */
        public Dropout {
            Checks.dropout(probability);
        }
    }
}

package org.blazefl4j.model;

/**
 * The network of PyTorch's CIFAR-10 tutorial: two 5×5 convolutions with pooling, three linear layers; the last one has
 * 84 inputs. It has 62 006 parameters for 3×32×32 images and 10 classes. For 1×28×28 images, with 44 426 parameters, it
 * is the network of NIID-Bench (Q. Li et al.: Federated Learning on Non-IID Data Silos: An Experimental Study, ICDE
 * 2022).
 */
public final class Cnn extends Classifier {

    private static final int MIN_SIZE = 16;

    /** Creates the tutorial's network, for 3×32×32 images and 10 classes. */
    public Cnn() {
        this(3, 32, 32, 10);
    }

    /** Creates the network for other images, at least 16 pixels high and wide. */
    public Cnn(int channels, int height, int width, int classes) {
        Checks.images(channels, height, width, MIN_SIZE, classes);
        add("conv1", Layer.convolution(channels, 6, 5)).add(Layer.maxPool(), Layer.relu());
        add("conv2", Layer.convolution(6, 16, 5)).add(Layer.maxPool(), Layer.relu(), Layer.flatten());
        add("fc1", Layer.linear(16L * reduced(height) * reduced(width), 120)).add(Layer.relu());
        add("fc2", Layer.linear(120, 84)).add(Layer.relu());
        add("fc3", Layer.linear(84, classes));
    }

    private static int reduced(int size) {
        return ((size - 4) / 2 - 4) / 2;
    }
}

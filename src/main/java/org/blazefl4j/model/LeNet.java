package org.blazefl4j.model;

/**
 * LeNet-5 (LeCun et al., Proceedings of the IEEE 1998) as it is used today, with ReLU, max pooling and full
 * connections: two 5×5 convolutions with 6 and 16 channels, the first one padded by 2, and three linear layers; the
 * last one has 84 inputs. It has 61 706 parameters for 1×28×28 images and 10 classes.
 */
public final class LeNet extends Classifier {

    private static final int MIN_SIZE = 12;

    /** Creates the network for images at least 12 pixels high and wide. */
    public LeNet(int channels, int height, int width, int classes) {
        Checks.images(channels, height, width, MIN_SIZE, classes);
        add("conv1", Layer.convolution(channels, 6, 5, 2)).add(Layer.maxPool(), Layer.relu());
        add("conv2", Layer.convolution(6, 16, 5)).add(Layer.maxPool(), Layer.relu(), Layer.flatten());
        add("fc1", Layer.linear(16L * reduced(height) * reduced(width), 120)).add(Layer.relu());
        add("fc2", Layer.linear(120, 84)).add(Layer.relu());
        add("fc3", Layer.linear(84, classes));
    }

    private static int reduced(int size) {
        return (size / 2 - 4) / 2;
    }
}

package org.blazefl4j.model;

/**
 * The convolutional network of McMahan et al. (Communication-Efficient Learning of Deep Networks from Decentralized
 * Data, AISTATS 2017): two 5×5 convolutions with 32 and 64 channels and pooling, a hidden layer of 512 units. It has 1
 * 663 370 parameters for 1×28×28 images and 10 classes.
 */
public final class McMahanCnn extends Classifier {

    private static final int MIN_SIZE = 4;

    /** Creates the network for images at least 4 pixels high and wide. */
    public McMahanCnn(int channels, int height, int width, int classes) {
        Checks.images(channels, height, width, MIN_SIZE, classes);
        add("conv1", Layer.convolution(channels, 32, 5, 2)).add(Layer.maxPool(), Layer.relu());
        add("conv2", Layer.convolution(32, 64, 5, 2)).add(Layer.maxPool(), Layer.relu(), Layer.flatten());
        add("fc1", Layer.linear(64L * (height / 4) * (width / 4), 512)).add(Layer.relu());
        add("fc2", Layer.linear(512, classes));
    }
}

package org.blazefl4j.model;

/** {@link ModelName#LENET}. */
final class LeNet extends Classifier {

    private static final int MIN_SIZE = 12;

    LeNet(int channels, int height, int width, int classes) {
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

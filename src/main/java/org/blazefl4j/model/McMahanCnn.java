package org.blazefl4j.model;

/** {@link ModelName#MCMAHAN}. */
final class McMahanCnn extends Classifier {

    private static final int MIN_SIZE = 4;

    McMahanCnn(int channels, int height, int width, int classes) {
        Checks.images(channels, height, width, MIN_SIZE, classes);
        add("conv1", Layer.convolution(channels, 32, 5, 2)).add(Layer.maxPool(), Layer.relu());
        add("conv2", Layer.convolution(32, 64, 5, 2)).add(Layer.maxPool(), Layer.relu(), Layer.flatten());
        add("fc1", Layer.linear(64L * (height / 4) * (width / 4), 512)).add(Layer.relu());
        add("fc2", Layer.linear(512, classes));
    }
}

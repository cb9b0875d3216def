package org.blazefl4j.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The library's models. */
public enum ModelName {
    /** {@link Cnn}. */
    CNN,
    /** {@link McMahanCnn}. */
    MCMAHAN,
    /** {@link LeNet}. */
    LENET,
    /** {@link Mlp}. */
    MLP,
    /** {@link LogisticRegression}. */
    LOGISTIC,
    /** {@link ResNet#resNet18}. */
    RESNET18,
    /** {@link ResNet#resNet50}. */
    RESNET50,
    /** {@link ResNet#resNet101}. */
    RESNET101;

    /**
     * Parses a name such as {@code cnn} or {@code resnet18}, in upper or lower case.
     *
     * @throws IllegalArgumentException if there is no such model; the message lists the known ones
     */
    public static ModelName fromName(String name) {
        for (ModelName each : values()) {
            if (each.name().equalsIgnoreCase(name)) {
                return each;
            }
        }
        String known = Arrays.stream(values()).map(ModelName::toString).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("unknown model: name=" + name + ", expected=one of " + known);
    }

    /** Creates the model for such images, with parameters drawn from the default generator. The caller owns it. */
    public Model create(int channels, int height, int width, int classes) {
        Checks.positive("channels", channels);
        Checks.positive("height", height);
        Checks.positive("width", width);
        return switch (this) {
            case CNN -> new Cnn(channels, height, width, classes);
            case MCMAHAN -> new McMahanCnn(channels, height, width, classes);
            case LENET -> new LeNet(channels, height, width, classes);
            case MLP -> new Mlp(pixels(channels, height, width), classes);
            case LOGISTIC -> new LogisticRegression(pixels(channels, height, width), classes);
            case RESNET18 -> ResNet.resNet18(channels, classes);
            case RESNET50 -> ResNet.resNet50(channels, classes);
            case RESNET101 -> ResNet.resNet101(channels, classes);
        };
    }

    private static int pixels(int channels, int height, int width) {
        return Math.multiplyExact(Math.multiplyExact(channels, height), width);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package org.blazefl4j.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The library's models. */
public enum ModelName {
    /** {@link Cnn}. */
    CNN,
    /** {@link Mlp}. */
    MLP,
    /** {@link ResNet#resNet18}. */
    RESNET18,
    /** {@link ResNet#resNet50}. */
    RESNET50,
    /** {@link ResNet#resNet101}. */
    RESNET101;

    /**
     * Reads a name such as {@code cnn} or {@code resnet18}, in upper or lower case.
     *
     * @throws IllegalArgumentException if there is no such model; the text lists those there are
     */
    public static ModelName fromName(String name) {
        for (ModelName each : values()) {
            if (each.name().equalsIgnoreCase(name)) {
                return each;
            }
        }
        String known = Arrays.stream(values()).map(ModelName::toString).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("unknown model: name=" + name + ", limit=one of " + known);
    }

    /** The name in lower case, as {@link #fromName} reads it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

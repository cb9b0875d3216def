package org.blazefl4j.model;

import java.util.Objects;

/**
 * Settings that change a model's speed and rounding, and so the bits of a result: part of an experiment.
 *
 * <pre>{@code
 * ModelSelector<Name> models = new Nets(42).with(new Numerics(MemoryLayout.CHANNELS_LAST, Autocast.OFF));
 * }</pre>
 *
 * @param layout the memory layout of batches of images
 * @param autocast whether to compute products in a shorter type
 */
public record Numerics(MemoryLayout layout, Autocast autocast) {

    /** The model's own choice of layout, everything in float32. */
    public static final Numerics DEFAULT = new Numerics(MemoryLayout.AUTO, Autocast.OFF);

    public Numerics {
        Objects.requireNonNull(layout, "layout");
        Objects.requireNonNull(autocast, "autocast");
    }
}

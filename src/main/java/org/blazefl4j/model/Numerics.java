package org.blazefl4j.model;

import java.util.Objects;

/**
 * How a model computes, where that changes speed and rounding, and so the bits of a result: part of an experiment.
 *
 * <pre>{@code
 * ModelSelector<Name> models = new Nets(42).with(new Numerics(MemoryLayout.CHANNELS_LAST, Autocast.OFF));
 * }</pre>
 *
 * @param layout how batches of images lie in memory
 * @param autocast whether products are computed in a shorter type
 */
public record Numerics(MemoryLayout layout, Autocast autocast) {

    /** The model's own choice of layout, all in float32. */
    public static final Numerics DEFAULT = new Numerics(MemoryLayout.AUTO, Autocast.OFF);

    /** Checks that both are there. */
    public Numerics {
        Objects.requireNonNull(layout, "layout");
        Objects.requireNonNull(autocast, "autocast");
    }
}

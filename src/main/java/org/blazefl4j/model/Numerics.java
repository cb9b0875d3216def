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
 * @param engine what computes training and evaluation
 */
public record Numerics(MemoryLayout layout, Autocast autocast, Engine engine) {

    /** The model's own choice of layout and engine, everything in float32. */
    public static final Numerics DEFAULT = new Numerics(MemoryLayout.AUTO, Autocast.OFF);

    public Numerics {
        Objects.requireNonNull(layout, "layout");
        Objects.requireNonNull(autocast, "autocast");
        Objects.requireNonNull(engine, "engine");
    }

    /** Leaves the choice of the engine to the model. */
    public Numerics(MemoryLayout layout, Autocast autocast) {
        this(layout, autocast, Engine.AUTO);
    }

    /** Returns these settings with another engine. */
    public Numerics withEngine(Engine engine) {
        return new Numerics(layout, autocast, engine);
    }
}

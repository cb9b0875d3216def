package org.blazefl4j.model;

import java.util.Locale;

/**
 * What computes a model's local training and its evaluation. Engines round differently, so the choice is part of an
 * experiment. A loss of an algorithm's own, such as those of MOON and DS-FL, is LibTorch's in any case.
 */
public enum Engine {
    /**
     * The native engine for nets whose layers it covers and trains faster, in float32 on the CPU; LibTorch for the
     * others. Depends on the net and the shape of its samples alone, so that it is the same everywhere.
     */
    AUTO,
    /** LibTorch, for every model. */
    LIBTORCH,
    /** The library's own engine. A model that it does not cover is refused when training starts. */
    NATIVE;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

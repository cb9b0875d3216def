package org.blazefl4j.core;

import org.blazefl4j.model.Model;
import org.blazefl4j.model.Numerics;

/**
 * Makes models by name. A selector is best a record, so that it crosses into worker processes.
 *
 * @param <N> the models' names
 */
public interface ModelSelector<N extends Enum<N>> {

    /**
     * Makes a model, with the same initial parameters at every call with the same name, whatever was drawn before. The
     * caller owns it.
     */
    Model selectModel(N name);

    /** Returns a selector of the same models that compute in another way. */
    default ModelSelector<N> with(Numerics numerics) {
        return new NumericModelSelector<>(this, numerics);
    }
}

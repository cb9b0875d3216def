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
     * A fresh model with the same initial parameters at every call with the same name, whatever was drawn before.
     *
     * @param name which model
     * @return a model that the caller owns
     */
    Model selectModel(N name);

    /** A selector of the same models, which compute in this way. */
    default ModelSelector<N> with(Numerics numerics) {
        return new NumericModelSelector<>(this, numerics);
    }
}

package org.blazefl4j.core;

import java.util.Objects;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.Numerics;

/**
 * Another selector's models, which compute in a given way, wherever they are made: the server's as the clients'.
 * Crosses into worker processes if the other does.
 *
 * @param <N> the models' names
 * @param selector makes the models
 * @param numerics how they compute
 */
public record NumericModelSelector<N extends Enum<N>>(ModelSelector<N> selector, Numerics numerics)
        implements ModelSelector<N> {

    /** Checks that both are there. */
    public NumericModelSelector {
        Objects.requireNonNull(selector, "selector");
        Objects.requireNonNull(numerics, "numerics");
    }

    @Override
    public Model selectModel(N name) {
        Model model = selector.selectModel(name);
        model.setNumerics(numerics);
        return model;
    }
}

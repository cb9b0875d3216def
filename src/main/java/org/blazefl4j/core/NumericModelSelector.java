package org.blazefl4j.core;

import java.util.Objects;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.Numerics;

/** Another selector's models, set to compute in a given way. */
record NumericModelSelector<N extends Enum<N>>(ModelSelector<N> selector, Numerics numerics)
        implements ModelSelector<N> {

    NumericModelSelector {
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

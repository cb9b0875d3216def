package org.blazefl4j.core;

import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.reproducibility.DefaultGenerator;

/** {@link ModelSelector#seeded}. */
record SeededModelSelector(long seed, int channels, int height, int width, int classes)
        implements ModelSelector<ModelName> {

    @Override
    public Model selectModel(ModelName name) {
        return DefaultGenerator.seeded(seed, () -> name.create(channels, height, width, classes));
    }
}

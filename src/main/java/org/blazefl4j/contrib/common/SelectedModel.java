package org.blazefl4j.contrib.common;

import java.util.Objects;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.model.Model;

/**
 * Which model is trained. Crosses into worker processes if its selector does.
 *
 * @param <N> the models' names
 * @param selector makes models
 * @param name which one
 */
public record SelectedModel<N extends Enum<N>>(ModelSelector<N> selector, N name) {

    /** Checks that both are there. */
    public SelectedModel {
        Objects.requireNonNull(selector, "selector");
        Objects.requireNonNull(name, "name");
    }

    /**
     * A fresh model, with the same initial parameters at every call.
     *
     * @param device where it is to be
     * @return a model that the caller owns
     */
    public Model make(Device device) {
        Model model = selector.selectModel(name);
        if (!device.isCpu()) {
            try (org.bytedeco.pytorch.Device target = device.toTorch()) {
                model.to(target, false);
            }
        }
        return model;
    }
}

package org.blazefl4j.contrib.common;

import java.util.Objects;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.NumericModelSelector;
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
     * The name under which a worker keeps such a model on a device: another one for another kind of selector or another
     * way to compute, so that clients and the server's evaluation may differ in these. Parameters are not in it, for
     * who uses a model sets them.
     *
     * @param device where the model is
     */
    public String key(Device device) {
        ModelSelector<N> maker = selector;
        StringBuilder key = new StringBuilder(name.toString());
        while (maker instanceof NumericModelSelector<N> numeric) {
            key.append(' ').append(numeric.numerics());
            maker = numeric.selector();
        }
        return key.append(" by ")
                .append(maker.getClass().getName())
                .append(" on ")
                .append(device)
                .toString();
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

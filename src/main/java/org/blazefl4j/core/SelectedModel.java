package org.blazefl4j.core;

import java.util.Objects;
import org.blazefl4j.model.Model;

/**
 * A model selector with the name of one of its models. Crosses into worker processes if its selector does.
 *
 * @param <N> the models' names
 * @param selector makes models
 * @param name which one
 */
public record SelectedModel<N extends Enum<N>>(ModelSelector<N> selector, N name) {

    /** Refuses null. */
    public SelectedModel {
        Objects.requireNonNull(selector, "selector");
        Objects.requireNonNull(name, "name");
    }

    /**
     * Returns the key under which a worker keeps such a model on a device. It differs by name, class of selector,
     * numerics and device, so that clients and the server's evaluation may differ in these. Parameters are not part of
     * it, because each user of a kept model overwrites them.
     */
    public String key(Device device) {
        return name + " " + describe(selector) + " on " + device;
    }

    private static String describe(ModelSelector<?> selector) {
        if (selector instanceof NumericModelSelector<?> numeric) {
            return numeric.numerics() + " " + describe(numeric.selector());
        }
        if (selector instanceof TorchScriptSelector script) {
            return script.sha256();
        }
        return selector instanceof InitialModelSelector<?> initial
                ? describe(initial.selector())
                : "by " + selector.getClass().getName();
    }

    /** Makes a model on a device, with the same initial parameters at every call. The caller owns it. */
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

package org.blazefl4j.core;

import java.nio.file.Path;
import java.util.Objects;
import org.blazefl4j.model.Model;
import org.blazefl4j.modelfile.StateDict;

/**
 * {@link ModelSelector#startingFrom}.
 *
 * @param file as a text, which crosses into worker processes
 */
record InitialModelSelector<N extends Enum<N>>(ModelSelector<N> selector, N name, String file)
        implements ModelSelector<N> {

    InitialModelSelector {
        Objects.requireNonNull(selector, "selector");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(file, "file");
    }

    @Override
    public Model selectModel(N asked) {
        Model model = selector.selectModel(asked);
        if (asked != name) {
            return model;
        }
        try (StateDict state = StateDict.read(Path.of(file))) {
            loadInto(model, state);
            return model;
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    private void loadInto(Model model, StateDict state) {
        try {
            state.loadInto(model);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "initial model does not fit: file=" + file + ", model=" + name + ": " + e.getMessage(), e);
        }
    }
}

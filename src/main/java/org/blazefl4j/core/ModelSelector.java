package org.blazefl4j.core;

import java.nio.file.Path;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
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

    /**
     * Returns a selector of the library's models for images of one shape.
     *
     * <pre>{@code
     * ModelSelector<ModelName> selector = ModelSelector.seeded(42, 1, 28, 28, 10);
     * Model model = selector.selectModel(ModelName.fromName("cnn"));
     * }</pre>
     *
     * @param seed of the initial parameters, as for PyTorch's {@code manual_seed}
     * @param channels of the images
     * @param height of the images in pixels
     * @param width of the images in pixels
     * @param classes the number of outputs
     */
    static ModelSelector<ModelName> seeded(long seed, int channels, int height, int width, int classes) {
        return new SeededModelSelector(seed, channels, height, width, classes);
    }

    /** The name of the model of a selector that has only one. */
    enum Only {
        MODEL
    }

    /**
     * Returns a selector of one model of PyTorch's, as {@link Model#torchScript}. Workers load the file themselves, and
     * refuse another content than it has now.
     *
     * @throws java.io.UncheckedIOException if the file cannot be read
     */
    static ModelSelector<Only> torchScript(Path file) {
        return TorchScriptSelector.of(file);
    }

    /** Returns a selector of the same models that compute in another way. */
    default ModelSelector<N> with(Numerics numerics) {
        return new NumericModelSelector<>(this, numerics);
    }

    /**
     * Returns a selector of the same models, of which those of one name begin with the state in a file, such as one
     * that PyTorch wrote: safetensors or a {@code state_dict}. Workers read the file themselves.
     *
     * @param name whose state it is; {@link #selectModel} throws an {@link IllegalArgumentException} if the model has
     *     other names, shapes or types, or the file is damaged
     */
    default ModelSelector<N> startingFrom(Path file, N name) {
        return new InitialModelSelector<>(this, name, file.toAbsolutePath().toString());
    }
}

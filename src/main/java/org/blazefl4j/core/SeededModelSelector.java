package org.blazefl4j.core;

import org.blazefl4j.model.Model;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.reproducibility.DefaultGenerator;

/**
 * Makes the library's models for images of one shape. Crosses into worker processes.
 *
 * <pre>{@code
 * ModelSelector<ModelName> selector = new SeededModelSelector(42, 1, 28, 28, 10);
 * Model model = selector.selectModel(ModelName.fromName("cnn"));
 * }</pre>
 *
 * @param seed of the initial parameters, as for PyTorch's {@code manual_seed}
 * @param channels of the images
 * @param height of the images in pixels
 * @param width of the images in pixels
 * @param classes the number of outputs
 */
public record SeededModelSelector(long seed, int channels, int height, int width, int classes)
        implements ModelSelector<ModelName> {

    @Override
    public Model selectModel(ModelName name) {
        return DefaultGenerator.seeded(seed, () -> name.create(channels, height, width, classes));
    }
}

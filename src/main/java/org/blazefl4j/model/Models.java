package org.blazefl4j.model;

import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.torch.DefaultGenerator;

/**
 * Makes the library's models for images of one shape. Crosses into worker processes.
 *
 * @param seed of the initial parameters, as for PyTorch's {@code manual_seed}
 * @param channels of the images
 * @param height of the images in pixels
 * @param width of the images in pixels
 * @param classes the number of outputs
 */
public record Models(long seed, int channels, int height, int width, int classes) implements ModelSelector<ModelName> {

    /** Checks the shape. */
    public Models {
        Checks.positive("channels", channels);
        Checks.positive("height", height);
        Checks.positive("width", width);
        Checks.positive("classes", classes);
    }

    @Override
    public Model selectModel(ModelName name) {
        return DefaultGenerator.seeded(seed, () -> make(name));
    }

    private Model make(ModelName name) {
        return switch (name) {
            case CNN -> new Cnn(channels, height, width, classes);
            case MLP -> new Mlp(Math.multiplyExact(Math.multiplyExact(channels, height), width), classes);
            case RESNET18 -> ResNet.resNet18(channels, classes);
            case RESNET50 -> ResNet.resNet50(channels, classes);
            case RESNET101 -> ResNet.resNet101(channels, classes);
        };
    }
}

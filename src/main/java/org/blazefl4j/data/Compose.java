package org.blazefl4j.data;

import java.util.List;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;

/**
 * Transforms one after another, all drawing from the same generator.
 *
 * @param transforms the transforms, first to last
 */
public record Compose(List<Transform> transforms) implements Transform {

    /** Keeps a copy of the list. */
    public Compose {
        transforms = List.copyOf(transforms);
    }

    /**
     * Transforms one after another.
     *
     * @param transforms the transforms, first to last
     */
    public Compose(Transform... transforms) {
        this(List.of(transforms));
    }

    @Override
    public Tensor apply(Tensor x, Generator generator) {
        Tensor current = x;
        for (Transform transform : transforms) {
            current = Samples.replace(current, current != x, transform, generator);
        }
        return current;
    }
}

package org.blazefl4j.data;

import java.util.List;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Applies transforms one after another, all with the same generator.
 *
 * @param transforms the transforms, first to last
 */
public record Compose(List<Transform> transforms) implements Transform {

    public Compose {
        transforms = List.copyOf(transforms);
    }

    /** Composes the given transforms, first to last. */
    public Compose(Transform... transforms) {
        this(List.of(transforms));
    }

    @Override
    public Tensor apply(Tensor x, @Nullable Generator generator) {
        Tensor current = x;
        for (Transform transform : transforms) {
            current = Samples.replace(current, current != x, transform, generator);
        }
        return current;
    }
}

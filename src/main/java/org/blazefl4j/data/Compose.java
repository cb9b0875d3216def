package org.blazefl4j.data;

import java.util.List;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** {@link Transform#compose}. */
record Compose(List<Transform> transforms) implements Transform {

    Compose {
        transforms = List.copyOf(transforms);
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

package org.blazefl4j.codec;

import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * Puts the tensors of a package into shared memory while it is encoded. Called once for each distinct Tensor object.
 */
@FunctionalInterface
public interface TensorPlacer {

    /**
     * Places one tensor; an exception ends the encoding and reaches its caller.
     *
     * @param path where the tensor is in the package, such as {@code parameters} or {@code metadata[loss]}: asked for
     *     during the call, or not at all
     * @param tensor the tensor, still owned by the package
     * @param layout how its elements are to lie: the handle's {@link ShmHandle#layout()}
     * @param unbounded whether the field is declared {@link org.blazefl4j.torch.Unbounded}
     * @return where its elements are
     */
    ShmHandle place(Supplier<String> path, Tensor tensor, TensorLayout layout, boolean unbounded);
}

package org.blazefl4j.codec;

import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/** Places the tensors of a package while it is encoded. Called once for each distinct Tensor object. */
@FunctionalInterface
public interface TensorPlacer {

    /**
     * Places one tensor. Exceptions end the encoding and pass through.
     *
     * @param path the place in the package, such as {@code parameters} or {@code metadata[loss]}. Valid during the call
     *     only
     * @param tensor the tensor, still owned by the package
     * @param layout the layout that the returned handle must have
     * @param unbounded whether the field is declared {@link org.blazefl4j.torch.Unbounded}
     * @return the place of its elements
     */
    ShmHandle place(Supplier<String> path, Tensor tensor, TensorLayout layout, boolean unbounded);
}

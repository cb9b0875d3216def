package org.blazefl4j.codec;

import org.bytedeco.pytorch.Tensor;

/** Creates the tensors of a package from their handles while it is decoded. */
@FunctionalInterface
public interface TensorResolver {

    /**
     * Resolves one handle. Its layout is valid; check segment, generation and offset with
     * {@link ShmHandle#checkGeneration} and {@link ShmHandle#checkWithin}.
     *
     * @return a tensor, which the decoded package owns. The decoder closes it if decoding fails later.
     */
    Tensor resolve(ShmHandle handle);
}

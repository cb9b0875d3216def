package org.blazefl4j.codec;

import org.bytedeco.pytorch.Tensor;

/** Makes the tensors of a package from their handles while it is decoded. */
@FunctionalInterface
public interface TensorResolver {

    /**
     * Resolves one handle. Its layout is valid; segment, generation and offset are to be checked here, with
     * {@link ShmHandle#checkGeneration} and {@link ShmHandle#checkWithin}.
     *
     * @return a tensor that the decoded package owns; if decoding fails later, the decoder closes it
     */
    Tensor resolve(ShmHandle handle);
}

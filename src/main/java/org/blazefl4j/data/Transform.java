package org.blazefl4j.data;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Transforms a whole batch as it is read.
 *
 * <p>To be sent to worker processes, an implementation must be a record of numbers, lists and other such records, not a
 * lambda.
 */
@FunctionalInterface
public interface Transform {

    /**
     * Transforms a batch, shape [n, ...], which stays the caller's and unchanged. Returns a tensor of the same n that
     * the caller owns, or {@code x} itself if there is nothing to do.
     *
     * @param generator the source of random numbers; random transforms fail if it is null
     */
    Tensor apply(Tensor x, @Nullable Generator generator);
}

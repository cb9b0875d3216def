package org.blazefl4j.data;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;

/**
 * A change applied to a whole batch as it is read.
 *
 * <p>To cross into worker processes an implementation is a record of numbers, lists and other such records, not a
 * lambda.
 */
@FunctionalInterface
public interface Transform {

    /**
     * Transforms a batch.
     *
     * @param x the batch, shape [n, ...]; stays the caller's and unchanged
     * @param generator where random numbers come from; null if the caller has none, which a random transform refuses
     * @return a tensor of the same n that the caller owns, or x itself where there was nothing to do
     */
    Tensor apply(Tensor x, Generator generator);
}

package org.blazefl4j.data;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Samples that are read in whole batches.
 *
 * <p>To be sent to worker processes, an implementation must be a record or a plain class of tensors, numbers, strings
 * and other such objects. Do not write to its tensors once clients train on it: worker processes read earlier copies.
 */
public interface Dataset {

    /** The number of samples. */
    long size();

    /**
     * Reads the samples at the given positions, in that order.
     *
     * @param indices int64, shape [n], each in [0, size)
     * @param generator the random stream for augmenting transforms
     * @return a new batch that the caller owns
     */
    Batch select(Tensor indices, @Nullable Generator generator);
}

package org.blazefl4j.data;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;

/**
 * Samples that are read in whole batches.
 *
 * <p>To cross into worker processes an implementation is a record or a plain class of tensors, numbers, strings and
 * other such objects. Its tensors are not written to once clients train on it: worker processes read copies that were
 * made before.
 */
public interface Dataset {

    /** The number of samples. */
    long size();

    /**
     * Reads the samples at the given positions, in that order.
     *
     * @param indices int64, shape [n], each in [0, size)
     * @param generator the random stream for augmenting transforms; may be null where there are none
     * @return a new batch that the caller owns
     */
    Batch select(Tensor indices, Generator generator);
}

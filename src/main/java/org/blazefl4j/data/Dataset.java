package org.blazefl4j.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
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

    /**
     * Returns the rows that {@link #select} copies, if it copies rows and does nothing else: they can then be read
     * where they are. Empty by default.
     */
    default Optional<Rows> inPlace() {
        return Optional.empty();
    }

    /**
     * Samples that are rows of tensors, which are the data set's own.
     *
     * @param x the inputs, float32, contiguous, shape [m, ...], on the CPU
     * @param y the labels, int64, contiguous, shape [m], on the CPU
     * @param indices lead from a position to its row, each from that of the one before; none if they are the same
     */
    record Rows(Tensor x, Tensor y, List<Tensor> indices) {

        /** Returns the same rows for a selection of the samples. */
        Rows selected(Tensor positions) {
            List<Tensor> all = new ArrayList<>(indices.size() + 1);
            all.add(positions);
            all.addAll(indices);
            return new Rows(x, y, Collections.unmodifiableList(all));
        }

        /**
         * Returns the rows of the samples at some positions.
         *
         * @throws IllegalArgumentException if there is no such sample
         */
        public long[] at(long[] positions) {
            long[] rows = positions.clone();
            for (Tensor next : indices) {
                Samples.replace(rows, next);
            }
            return rows;
        }
    }
}

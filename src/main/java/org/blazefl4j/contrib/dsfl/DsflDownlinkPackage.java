package org.blazefl4j.contrib.dsfl;

import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What every sampled client receives. Closing it leaves the handler's own tensors open; a package left open is closed
 * by the handler one round later.
 *
 * @param softLabels the global soft labels of the round before, float32, shape [m, classes]; null in the first round
 * @param indices their samples of the open set, ascending, int64, shape [m]; null in the first round
 * @param nextIndices the samples of the open set that the client labels in this round, int64, shape [k]
 */
public record DsflDownlinkPackage(
        @Nullable Tensor softLabels, @Nullable Tensor indices, Tensor nextIndices) implements AutoCloseable {

    /**
     * Checks that soft labels come with their indices.
     *
     * @throws IllegalArgumentException if one of them is missing, or there are no next indices
     */
    public DsflDownlinkPackage {
        if ((softLabels == null) != (indices == null) || nextIndices == null) {
            throw new IllegalArgumentException("incomplete package: soft_labels=" + presence(softLabels) + ", indices="
                    + presence(indices) + ", next_indices=" + presence(nextIndices)
                    + ", expected=next indices, and soft labels with their indices or neither");
        }
    }

    private static String presence(@Nullable Tensor tensor) {
        return tensor == null ? "none" : "given";
    }

    /** Returns whether there are global soft labels yet. */
    public boolean hasSoftLabels() {
        return softLabels != null;
    }

    @Override
    public void close() {
        if (softLabels != null && indices != null) {
            softLabels.close();
            indices.close();
        }
        nextIndices.close();
    }
}

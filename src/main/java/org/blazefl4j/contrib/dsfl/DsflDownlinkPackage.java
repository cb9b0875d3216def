package org.blazefl4j.contrib.dsfl;

import org.bytedeco.pytorch.Tensor;

/**
 * What every sampled client receives. Closing it closes its tensors, and nothing of the handler's that returned it; one
 * that is not closed is closed by the handler, a round later.
 *
 * @param softLabels the global soft labels of the round before, float32, shape [m, classes]; null in the first round
 * @param indices which samples of the open set they belong to, ascending, int64, shape [m]; null in the first round
 * @param nextIndices the samples of the open set whose soft labels the clients are to send, int64, shape [k]
 */
public record DsflDownlinkPackage(Tensor softLabels, Tensor indices, Tensor nextIndices) implements AutoCloseable {

    /**
     * Checks that soft labels come with their indices.
     *
     * @throws IllegalArgumentException if one of them is missing, or there are no next indices
     */
    public DsflDownlinkPackage {
        if ((softLabels == null) != (indices == null) || nextIndices == null) {
            throw new IllegalArgumentException("incomplete package: soft_labels=" + presence(softLabels) + ", indices="
                    + presence(indices) + ", next_indices=" + presence(nextIndices)
                    + ", limit=next indices, and soft labels with their indices or neither");
        }
    }

    private static String presence(Tensor tensor) {
        return tensor == null ? "none" : "given";
    }

    /** Whether there are global soft labels yet. */
    public boolean hasSoftLabels() {
        return softLabels != null;
    }

    @Override
    public void close() {
        if (hasSoftLabels()) {
            softLabels.close();
            indices.close();
        }
        nextIndices.close();
    }
}

package org.blazefl4j.contrib.dsfl;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What one client sends: its soft labels of open samples.
 *
 * @param cid the client
 * @param softLabels the client's class probabilities for each sample, float32, shape [k, classes]
 * @param indices the samples of the open set, in the order of {@code softLabels}, int64, shape [k], distinct
 * @param metadata further values by name; may be empty
 */
public record DsflUplinkPackage(int cid, Tensor softLabels, Tensor indices, Map<String, Object> metadata)
        implements AutoCloseable {

    @Override
    public void close() {
        softLabels.close();
        indices.close();
    }
}

package org.blazefl4j.contrib.dsfl;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What one client sends: what it makes of open samples. Closing it closes its tensors.
 *
 * @param cid the client
 * @param softLabels the probabilities of classes that the client's model gives to each of the samples, float32, shape
 *     [k, classes]
 * @param indices which samples of the open set, in the order of {@code softLabels}, int64, shape [k], none twice
 * @param metadata anything else by name; may be empty
 */
public record DsflUplinkPackage(int cid, Tensor softLabels, Tensor indices, Map<String, Object> metadata)
        implements AutoCloseable {

    @Override
    public void close() {
        softLabels.close();
        indices.close();
    }
}

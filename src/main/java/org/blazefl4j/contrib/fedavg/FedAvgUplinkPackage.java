package org.blazefl4j.contrib.fedavg;

import java.util.Map;
import org.blazefl4j.federation.ModelUplink;
import org.bytedeco.pytorch.Tensor;

/**
 * What one client sends after training.
 *
 * @param cid the client
 * @param parameters the client's whole model state (parameters and buffers, in {@code state_dict} order), float32,
 *     shape [numel]
 * @param dataSize the number of samples that the client trained on, above 0: its weight in the mean
 * @param metadata further values by name; may be empty
 */
public record FedAvgUplinkPackage(int cid, Tensor parameters, long dataSize, Map<String, Object> metadata)
        implements ModelUplink, AutoCloseable {

    @Override
    public void close() {
        parameters.close();
    }
}

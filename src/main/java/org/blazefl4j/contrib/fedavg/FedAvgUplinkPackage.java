package org.blazefl4j.contrib.fedavg;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What one client sends after training. Closing it closes its parameters.
 *
 * @param cid the client
 * @param parameters the client's whole model state (parameters and buffers, in {@code state_dict} order), float32,
 *     shape [numel]
 * @param dataSize the number of samples that the client trained on: its weight in the mean, above 0
 * @param metadata anything else by name; may be empty
 */
public record FedAvgUplinkPackage(int cid, Tensor parameters, long dataSize, Map<String, Object> metadata)
        implements AutoCloseable {

    @Override
    public void close() {
        parameters.close();
    }
}

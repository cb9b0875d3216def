package org.blazefl4j.contrib.fedavg;

import org.blazefl4j.federation.ModelDownlink;
import org.bytedeco.pytorch.Tensor;

/**
 * What every sampled client receives. Closing it leaves the handler's own tensors open; a package left open is closed
 * by the handler one round later.
 *
 * @param parameters the global model's whole state (parameters and buffers, in {@code state_dict} order), float32,
 *     shape [numel]
 */
public record FedAvgDownlinkPackage(Tensor parameters) implements ModelDownlink, AutoCloseable {

    @Override
    public void close() {
        parameters.close();
    }
}

package org.blazefl4j.contrib.fedavg;

import org.bytedeco.pytorch.Tensor;

/**
 * What every sampled client receives. Closing it closes its parameters, and nothing of the handler's that returned it;
 * one that is not closed is closed by the handler, a round later.
 *
 * @param parameters the global model's whole state (parameters and buffers, in {@code state_dict} order), float32,
 *     shape [numel]
 */
public record FedAvgDownlinkPackage(Tensor parameters) implements AutoCloseable {

    @Override
    public void close() {
        parameters.close();
    }
}

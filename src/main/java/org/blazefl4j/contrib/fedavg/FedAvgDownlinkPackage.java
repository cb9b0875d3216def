package org.blazefl4j.contrib.fedavg;

import org.bytedeco.pytorch.Tensor;

/**
 * What every sampled client receives. Closing it closes its parameters; one that a handler returned stays the
 * handler's, who closes it.
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

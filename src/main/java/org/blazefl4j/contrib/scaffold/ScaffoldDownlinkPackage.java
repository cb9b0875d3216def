package org.blazefl4j.contrib.scaffold;

import org.bytedeco.pytorch.Tensor;

/**
 * What every sampled client receives. Closing it closes its tensors, and nothing of the handler's that returned it; one
 * that is not closed is closed by the handler, a round later.
 *
 * @param parameters the global model's whole state {@code x} (parameters and buffers, in {@code state_dict} order),
 *     float32, shape [numel]
 * @param control the server's control variate {@code c}: the gradient that clients have on average, float32, shape
 *     [numel], zero at buffers
 */
public record ScaffoldDownlinkPackage(Tensor parameters, Tensor control) implements AutoCloseable {

    @Override
    public void close() {
        parameters.close();
        control.close();
    }
}

package org.blazefl4j.contrib.scaffold;

import java.util.List;
import org.blazefl4j.federation.ModelDownlink;
import org.bytedeco.pytorch.Tensor;

/**
 * What every sampled client receives. Closing it leaves the handler's own tensors open; a package left open is closed
 * by the handler one round later.
 *
 * @param parameters the global model's whole state {@code x} (parameters and buffers, in {@code state_dict} order),
 *     float32, shape [numel]
 * @param control the server's control variate {@code c}, float32, shape [numel], zero at buffers
 */
public record ScaffoldDownlinkPackage(Tensor parameters, Tensor control) implements ModelDownlink, AutoCloseable {

    @Override
    public List<Tensor> vectors() {
        return List.of(control);
    }

    @Override
    public void close() {
        parameters.close();
        control.close();
    }
}

package org.blazefl4j.federation;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What each sampled client of a composed algorithm receives. Closing it leaves the server's own tensors open; a package
 * left open is closed by the server one round later.
 *
 * @param parameters the server's model: parameters and buffers, in {@code state_dict} order, float32, shape [numel]
 * @param vectors further vectors of this shape
 * @param numbers further numbers by name
 */
public record ModelBroadcast(Tensor parameters, List<Tensor> vectors, Map<String, Double> numbers)
        implements ModelDownlink, AutoCloseable {

    @Override
    public void close() {
        parameters.close();
        vectors.forEach(Tensor::close);
    }
}

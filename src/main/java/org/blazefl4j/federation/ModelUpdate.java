package org.blazefl4j.federation;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What a client of a composed algorithm sends after training.
 *
 * @param cid the client
 * @param parameters the client's model (parameters and buffers, in {@code state_dict} order), or its change, float32,
 *     shape [numel]
 * @param isChange whether it is the model minus the received one
 * @param dataSize the number of samples that the client trained on, above 0
 * @param vectors further vectors of this shape
 * @param numbers further numbers by name
 * @param metadata {@code pid}, the process that trained it, {@code worker}, the worker's index, and {@code seconds}
 */
public record ModelUpdate(
        int cid,
        Tensor parameters,
        boolean isChange,
        long dataSize,
        List<Tensor> vectors,
        Map<String, Double> numbers,
        Map<String, Object> metadata)
        implements ModelUplink, AutoCloseable {

    @Override
    public void close() {
        parameters.close();
        vectors.forEach(Tensor::close);
    }
}

package org.blazefl4j.contrib.scaffold;

import java.util.List;
import java.util.Map;
import org.blazefl4j.federation.ModelUplink;
import org.bytedeco.pytorch.Tensor;

/**
 * What one client sends after training.
 *
 * @param cid the client
 * @param parameters the client's whole model state {@code y_i} (parameters and buffers, in {@code state_dict} order),
 *     float32, shape [numel]
 * @param controlDelta the change of the client's control variate {@code c_i}, float32, shape [numel], zero at buffers
 * @param dataSize the number of samples that the client trained on, above 0: its weight in both means, unless all weigh
 *     the same
 * @param metadata further values by name; may be empty
 */
public record ScaffoldUplinkPackage(
        int cid, Tensor parameters, Tensor controlDelta, long dataSize, Map<String, Object> metadata)
        implements ModelUplink, AutoCloseable {

    @Override
    public List<Tensor> vectors() {
        return List.of(controlDelta);
    }

    @Override
    public void close() {
        parameters.close();
        controlDelta.close();
    }
}

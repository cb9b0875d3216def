package org.blazefl4j.process;

import java.util.Map;
import org.blazefl4j.torch.NumericEnvironment;
import org.bytedeco.pytorch.Tensor;

/**
 * The message about a round to all workers.
 *
 * @param number the number of this message, unique in the pool, because a round may be repeated with another payload
 * @param environment the parent's numeric environment, which may have changed since the last round
 * @param shared the shared tensors by name
 * @param payload the downlink package, or the payload of shards
 * @param function the function of shards as {@link WorkerFunction#of} returned it, or null if clients are trained
 */
record RoundMessage(
        int number, NumericEnvironment environment, Map<String, Tensor> shared, Object payload, Object function) {}

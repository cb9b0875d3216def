package org.blazefl4j.process;

import java.util.Map;
import org.blazefl4j.torch.NumericEnvironment;
import org.bytedeco.pytorch.Tensor;

/**
 * What all workers are told of a round.
 *
 * @param number what no other message of the pool has: a round may be repeated, with another payload
 * @param environment the parent's numeric environment, whose settings may have changed since the last round
 * @param shared what the parent shared so far, by name
 * @param payload the downlink package, or what all shards are given
 * @param function the function of shards as {@link WorkerFunction#of} gave it; null where clients are trained
 */
record RoundMessage(
        int number, NumericEnvironment environment, Map<String, Tensor> shared, Object payload, Object function) {}

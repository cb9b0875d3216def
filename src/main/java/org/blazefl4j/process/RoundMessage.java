package org.blazefl4j.process;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What all workers are told of a round.
 *
 * @param round the round, from 0
 * @param shared what the parent shared so far, by name
 * @param payload the downlink package
 */
record RoundMessage(int round, Map<String, Tensor> shared, Object payload) {}

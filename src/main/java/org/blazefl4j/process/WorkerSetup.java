package org.blazefl4j.process;

import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.worker.SlotLayout;
import org.blazefl4j.worker.WorkerSettings;

/**
 * What a worker process is told when it starts.
 *
 * @param function the worker function as {@link WorkerFunction#of} gave it
 * @param layout how results lie in slots
 * @param settings what workers in all modes are told
 * @param environment the parent's numeric environment, with the intra-op threads of clients
 */
record WorkerSetup(Object function, SlotLayout layout, WorkerSettings settings, NumericEnvironment environment) {}

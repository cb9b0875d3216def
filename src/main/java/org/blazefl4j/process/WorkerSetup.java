package org.blazefl4j.process;

import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.worker.SlotLayout;
import org.blazefl4j.worker.WorkerSettings;

/**
 * The message to a worker process that starts.
 *
 * @param function the worker function as {@link WorkerFunction#of} returned it
 * @param layout the layout of results in slots
 * @param settings the settings of workers in all modes
 * @param environment the parent's numeric environment, with the intra-op threads of clients
 */
record WorkerSetup(Object function, SlotLayout layout, WorkerSettings settings, NumericEnvironment environment) {}

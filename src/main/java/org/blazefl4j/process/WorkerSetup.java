package org.blazefl4j.process;

/**
 * What a worker process is told when it starts.
 *
 * @param function the worker function as {@link WorkerFunction#of} gave it
 * @param layout how results lie in slots
 * @param settings what workers in all modes are told
 */
record WorkerSetup(Object function, SlotLayout layout, WorkerSettings settings) {}

package org.blazefl4j.trainer;

/**
 * The memory that the states of a trainer's clients take; see {@link org.blazefl4j.core.WorkerContext#keepState}.
 *
 * @param clients the number of clients with a state
 * @param memoryBytes the bytes of states in this process's memory, at most {@link TrainerOptions#stateMemory()}
 * @param diskBytes the bytes of states on disk
 */
public record StateUsage(int clients, long memoryBytes, long diskBytes) {}

package org.blazefl4j.process;

import org.blazefl4j.reproducibility.RngCheck;

/**
 * What every worker of a trainer is told once; plain values, so that it crosses to worker processes.
 *
 * @param seed the experiment's seed
 * @param intraOpThreads LibTorch's threads within one operation, at least 1
 * @param rngCheck what happens when a client draws from the default generator
 */
public record WorkerSettings(long seed, int intraOpThreads, RngCheck rngCheck) {}

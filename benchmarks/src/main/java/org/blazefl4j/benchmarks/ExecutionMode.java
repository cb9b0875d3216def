package org.blazefl4j.benchmarks;

import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;

/** The library's execution modes by short names, by which stored ratios are found and which JMH takes as parameters. */
public enum ExecutionMode {
    /** One after another on the calling thread. */
    serial(org.blazefl4j.trainer.ExecutionMode.SINGLE_THREADED),
    /** In threads of this process. */
    thread(org.blazefl4j.trainer.ExecutionMode.MULTI_THREADED),
    /** In worker processes. */
    process(org.blazefl4j.trainer.ExecutionMode.MULTI_PROCESS);

    private final org.blazefl4j.trainer.ExecutionMode mode;

    ExecutionMode(org.blazefl4j.trainer.ExecutionMode mode) {
        this.mode = mode;
    }

    <C, D, U> AbstractClientTrainer<C, D, U> trainer(ClientAlgorithm<C, D, U> algorithm, TrainerOptions options) {
        return mode.trainer(algorithm, options);
    }

    /** How many clients run at the same time. */
    int cores(int workers) {
        return this == serial ? 1 : workers;
    }
}

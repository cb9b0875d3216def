package org.blazefl4j.benchmarks;

import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.ThreadPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;

/** The ways to run clients that are compared. JMH takes the names as parameters. */
public enum ExecutionMode {
    /** One after another on the calling thread. */
    serial,
    /** In threads of this process. */
    thread,
    /** In worker processes. */
    process;

    <U, D, C> AbstractClientTrainer<U, D, C> trainer(ClientAlgorithm<U, D, C> algorithm, TrainerOptions options) {
        return switch (this) {
            case serial -> new SerialClientTrainer<>(algorithm, options);
            case thread -> new ThreadPoolClientTrainer<>(algorithm, options);
            case process -> new ProcessPoolClientTrainer<>(algorithm, options);
        };
    }

    /** How many clients run at the same time. */
    int cores(int workers) {
        return this == serial ? 1 : workers;
    }
}

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

    /** Its trainer, with all workers ready. */
    <U, D, C> AbstractClientTrainer<U, D, C> trainer(ClientAlgorithm<U, D, C> algorithm, TrainerOptions options) {
        return switch (this) {
            case serial -> new SerialClientTrainer<>(algorithm, options);
            case thread -> new ThreadPoolClientTrainer<>(algorithm, options);
            case process -> processes(algorithm, options);
        };
    }

    private static <U, D, C> AbstractClientTrainer<U, D, C> processes(
            ClientAlgorithm<U, D, C> algorithm, TrainerOptions options) {
        ProcessPoolClientTrainer<U, D, C> trainer = new ProcessPoolClientTrainer<>(algorithm, options);
        trainer.awaitReady();
        return trainer;
    }

    /** How many clients run at the same time. */
    int cores(int workers) {
        return this == serial ? 1 : workers;
    }
}

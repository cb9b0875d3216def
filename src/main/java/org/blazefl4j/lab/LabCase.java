package org.blazefl4j.lab;

import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.ResourceStack;

/**
 * Rounds of one kind, measured together.
 *
 * @param work what a round does
 * @param mode how its clients are run
 * @param workers the number of clients that run at a time; 1 in the single-threaded mode
 * @param clients the number of clients in a round
 */
public record LabCase(Work work, ExecutionMode mode, int workers, int clients) {

    /** Returns the mode's trainer once its workers are ready, so that their start is not measured. */
    <C, D, U> AbstractClientTrainer<C, D, U> start(
            ClientAlgorithm<C, D, U> algorithm, ProcessOptions process, ResourceStack resources) {
        TrainerOptions options = TrainerOptions.builder().numParallels(workers).build();
        AbstractClientTrainer<C, D, U> trainer = resources.add(mode.trainer(algorithm, options, process));
        trainer.awaitReady();
        return trainer;
    }
}

package org.blazefl4j.lab;

import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.TrainerOptions;

/** What a round does, and the bare loop beside it. */
public abstract class Work {

    Work() {}

    /**
     * Clients that train nothing: what a round costs beyond training. Each copies the global parameters once. The
     * server only looks at the packages; it neither sums nor evaluates. The bare loop makes the same copies.
     *
     * @param floats the number of parameters, above 0
     * @throws IllegalArgumentException if it is not
     */
    public static Work empty(int floats) {
        return new EmptyWork(floats);
    }

    /**
     * Federated averaging of one epoch on random images of 3 × 32 × 32, with an evaluation on 500 of them. The bare
     * loop takes the same steps on the same images.
     *
     * @param model which model
     * @param samples the number of images of a client, above 0
     * @param batch the number of images in a step, above 0
     * @throws IllegalArgumentException if a number is not above 0
     */
    public static Work training(ModelName model, int samples, int batch) {
        return new TrainingWork(model, samples, batch);
    }

    /** {@code empty} or {@code training}. */
    public abstract String kind();

    /** The size of the model: its name, or the number of its parameters. */
    public abstract String size();

    /** Prepares a case before its first round: starts the workers, processes by these options, and the bare loops. */
    abstract Subject<?, ?> open(LabCase which, int rounds, ProcessOptions process);

    /** This mode's trainer with its workers ready, so that their start counts nowhere. */
    static <C, D, U> AbstractClientTrainer<C, D, U> started(
            LabCase which, ClientAlgorithm<C, D, U> clients, ProcessOptions process) {
        TrainerOptions options =
                TrainerOptions.builder().numParallels(which.workers()).build();
        AbstractClientTrainer<C, D, U> trainer = which.mode().trainer(clients, options, process);
        try {
            trainer.awaitReady();
        } catch (RuntimeException failure) {
            trainer.close();
            throw failure;
        }
        return trainer;
    }

    static int positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " too small: " + name + "=" + value + ", limit=1 or more");
        }
        return value;
    }
}

package org.blazefl4j.lab;

import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.ResourceStack;

/** What a round does, with a bare loop that does the same. */
public abstract class Work {

    /**
     * What is measured: both sides of a federation, and the bare loops to compare with.
     *
     * @param resources what is closed with the subject
     * @param <D> the downlink package
     * @param <U> the uplink package
     */
    record Subject<D, U>(
            ServerHandler<D, U> handler, ClientTrainer<D, U> trainer, BareLoops bare, ResourceStack resources)
            implements AutoCloseable {

        @Override
        public void close() {
            resources.close();
        }
    }

    Work() {}

    /**
     * Returns rounds without training, which cost what the framework costs. Each client copies the global parameters
     * once. The server checks the packages, but neither sums nor evaluates. The bare loop makes the same copies.
     *
     * @param floats the number of parameters, above 0
     * @throws IllegalArgumentException if the number is not above 0
     */
    public static Work empty(int floats) {
        return new EmptyWork(floats);
    }

    /**
     * Returns federated averaging of one epoch on random images of 3 × 32 × 32, with an evaluation on 500 of them. The
     * bare loop takes the same steps on the same images.
     *
     * @param samples the number of images of a client, above 0
     * @param batch the number of images in a step, above 0
     * @throws IllegalArgumentException if a number is not above 0
     */
    public static Work training(ModelName model, int samples, int batch) {
        return new TrainingWork(model, samples, batch);
    }

    /** Returns {@code empty} or {@code training}. */
    public abstract String kind();

    /** Returns the size of the model: its name, or the number of its parameters. */
    public abstract String size();

    /**
     * Prepares a case: makes the server, starts the workers and the bare loops.
     *
     * @param process how worker processes are started
     */
    final Subject<?, ?> open(LabCase which, int rounds, ProcessOptions process) {
        ResourceStack resources = new ResourceStack();
        try {
            return open(which, rounds, process, resources);
        } catch (Throwable failure) {
            resources.close();
            throw failure;
        }
    }

    /** Does the same; what is added to {@code resources} is closed with the subject, or if this method throws. */
    abstract Subject<?, ?> open(LabCase which, int rounds, ProcessOptions process, ResourceStack resources);

    /** Returns the mode's trainer once its workers are ready, so that their start is not measured. */
    static <C, D, U> AbstractClientTrainer<C, D, U> start(
            LabCase which, ClientAlgorithm<C, D, U> clients, ProcessOptions process, ResourceStack resources) {
        TrainerOptions options =
                TrainerOptions.builder().numParallels(which.workers()).build();
        AbstractClientTrainer<C, D, U> trainer = resources.add(which.mode().trainer(clients, options, process));
        trainer.awaitReady();
        return trainer;
    }

    static void require(boolean good, String refusal) {
        if (!good) {
            throw new IllegalArgumentException(refusal);
        }
    }

    static int positive(String name, int value) {
        require(value > 0, name + " too small: " + name + "=" + value + ", limit=1");
        return value;
    }
}

package org.blazefl4j.lab;

import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.util.ResourceStack;

/** What a round does, with a bare loop that does the same. */
public interface Work {

    /**
     * What is measured: both sides of a federation, and the bare loops to compare with.
     *
     * @param <D> the downlink package
     * @param <U> the uplink package
     */
    record Subject<D, U>(ServerHandler<D, U> handler, ClientTrainer<D, U> trainer, BareLoops bare) {}

    /** Returns {@code empty} or {@code training}. */
    String kind();

    /** Returns the size of the model: its name, or the number of its parameters. */
    String size();

    /**
     * Prepares a case: makes the server, starts the workers and the bare loops.
     *
     * @param rounds after how many rounds the server stops
     * @param process how worker processes are started
     * @param resources takes what is made; the caller closes it, also if this method throws
     */
    Subject<?, ?> open(LabCase which, int rounds, ProcessOptions process, ResourceStack resources);
}

package org.blazefl4j.lab;

import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.util.ResourceStack;

/**
 * What is measured: both sides of a federation, and the bare loops to compare with.
 *
 * @param resources what is closed with the subject
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
record Subject<D, U>(ServerHandler<D, U> handler, ClientTrainer<D, U> trainer, BareLoops bare, ResourceStack resources)
        implements AutoCloseable {

    @Override
    public void close() {
        resources.close();
    }
}

package org.blazefl4j.soak;

import java.util.function.IntFunction;
import java.util.function.ToLongFunction;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ServerHandler;

/**
 * An experiment that gives the same bits in each run.
 *
 * @param name one word
 * @param server makes the server of a number of rounds, with a {@code sha256} in its summary
 * @param clients the client side
 * @param pid returns the process that made a package
 */
record Experiment<C, D, U, S extends ServerHandler<D, U> & Checkpointable & AutoCloseable>(
        String name, IntFunction<S> server, ClientAlgorithm<C, D, U> clients, ToLongFunction<U> pid) {}

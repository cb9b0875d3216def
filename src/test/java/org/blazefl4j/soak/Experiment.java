package org.blazefl4j.soak;

import java.util.function.IntFunction;
import java.util.function.ToLongFunction;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ServerHandler;

/**
 * What can be run again with the same bits.
 *
 * @param name of one word
 * @param server makes the server of so many rounds, with a {@code sha256} in its summary
 * @param clients the client side
 * @param pid the worker process that made a package
 */
record Experiment<U, D, C, S extends ServerHandler<U, D> & Checkpointable & AutoCloseable>(
        String name, IntFunction<S> server, ClientAlgorithm<U, D, C> clients, ToLongFunction<U> pid) {}

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
record Experiment<C, D, U, S extends ServerHandler<D, U> & Checkpointable & AutoCloseable>(
        String name, IntFunction<S> server, ClientAlgorithm<C, D, U> clients, ToLongFunction<U> pid) {}

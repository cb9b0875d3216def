package org.blazefl4j.exactness;

import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ServerHandler;

/**
 * An experiment that gives one sequence of bits.
 *
 * @param server makes the server, with {@code sha256} and {@code loss} in its summary
 * @param clients the client side
 * @param spoilt the same clients, each of which finds its worker's model spoilt
 * @param cid returns the client that sent a package
 * @param metadata returns a package's metadata, with {@code pid} and {@code worker}
 */
record Experiment<C, D, U, S extends ServerHandler<D, U> & Checkpointable & AutoCloseable>(
        Supplier<S> server,
        ClientAlgorithm<C, D, U> clients,
        ClientAlgorithm<C, D, U> spoilt,
        ToIntFunction<U> cid,
        Function<U, Map<String, Object>> metadata) {}

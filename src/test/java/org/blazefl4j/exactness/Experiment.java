package org.blazefl4j.exactness;

import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.ServerHandler;

/**
 * What has one sequence of bits.
 *
 * @param server makes the server, with {@code sha256} and {@code loss} in its summary
 * @param trainers the algorithm's own trainers
 * @param spoilt trainers of the same clients, each of which finds its worker's model spoilt
 * @param metadata of a package, with {@code pid} and {@code worker}
 */
record Experiment<C, D, U, S extends ServerHandler<D, U> & Checkpointable & AutoCloseable>(
        Supplier<S> server,
        Way.Trainers<C, D, U> trainers,
        Way.Trainers<C, D, U> spoilt,
        Function<U, Map<String, Object>> metadata) {}

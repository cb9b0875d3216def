package org.blazefl4j.data;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Divides a data set among clients.
 *
 * <p>The same labels, number of clients and seed give the same parts on every machine and Java version. Every sample
 * goes to exactly one client, and every client gets at least one.
 */
@FunctionalInterface
public interface Partitioner {

    /**
     * Divides the samples with the given labels. Returns for each client the positions of its samples, ascending.
     *
     * @throws IllegalArgumentException if the request cannot be met, with what to change
     */
    List<long[]> partition(long[] labels, int numClients, long seed);

    /** Divides the samples with the given labels, int64 of shape [n]. */
    default List<long[]> partition(Tensor labels, int numClients, long seed) {
        return partition(Samples.toArray(labels), numClients, seed);
    }
}

package org.blazefl4j.exactness;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The results of a run.
 *
 * @param hashes of the global model after every round, with its loss and accuracy
 * @param pids the processes that trained
 * @param workers the workers that trained, by index
 * @param clients those that took part in each round, in the order of the list
 * @param loaded all clients in the order in which their packages were loaded
 * @param retried those that were trained again in each round
 */
record Outcome(
        List<String> hashes,
        Set<Long> pids,
        Set<Integer> workers,
        List<List<Integer>> clients,
        List<Integer> loaded,
        List<List<Integer>> retried) {

    /** Holds nothing yet. */
    Outcome() {
        this(
                new ArrayList<>(),
                new HashSet<>(),
                new HashSet<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>());
    }
}

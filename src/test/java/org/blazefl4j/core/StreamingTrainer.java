package org.blazefl4j.core;

import java.util.List;

/**
 * A trainer without workers: a test defines how it streams a round.
 *
 * @param <U> the uplink package
 */
public interface StreamingTrainer<U> extends ClientTrainer<String, U> {

    @Override
    default void localProcess(String payload, List<Integer> cids) {
        throw new AssertionError("this trainer only streams");
    }

    @Override
    default int round() {
        return 0;
    }

    @Override
    default List<U> uplinkPackage() {
        return List.of();
    }

    @Override
    default List<Integer> order(List<Integer> cids) {
        return cids;
    }

    @Override
    default StopEvent stopEvent() {
        return StopEvent.create();
    }

    @Override
    default void close() {}
}

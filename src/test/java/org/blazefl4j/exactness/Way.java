package org.blazefl4j.exactness;

import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.trainer.ExecutionMode;

/** A way to run clients: an execution mode and a number of workers. */
record Way(ExecutionMode mode, int workers) {

    static final Way SERIAL = new Way(ExecutionMode.SINGLE_THREADED, 1);

    static Way threads(int workers) {
        return new Way(ExecutionMode.MULTI_THREADED, workers);
    }

    static Way processes(int workers) {
        return new Way(ExecutionMode.MULTI_PROCESS, workers);
    }

    /** Returns the ways that must all give the same bits. */
    static Stream<Way> all() {
        return Stream.concat(
                Stream.of(SERIAL),
                Stream.of(ExecutionMode.MULTI_THREADED, ExecutionMode.MULTI_PROCESS)
                        .flatMap(mode -> List.of(1, 2, 3, 8).stream().map(workers -> new Way(mode, workers))));
    }

    @Override
    public String toString() {
        return mode + " × " + workers;
    }
}

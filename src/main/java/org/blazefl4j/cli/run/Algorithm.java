package org.blazefl4j.cli.run;

import java.util.Map;

/** A federated algorithm with its own options. */
interface Algorithm {

    /** Describes the algorithm's options; empty if it has none. */
    default String describe() {
        return "";
    }

    /** Returns the algorithm's options by name, for result files. */
    default Map<String, Object> toMap() {
        return Map.of();
    }

    /** Returns the federation, which is not assembled yet. */
    Federation<?, ?> federation(RunOptions options, RunData data);
}

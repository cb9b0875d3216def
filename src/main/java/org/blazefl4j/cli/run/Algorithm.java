package org.blazefl4j.cli.run;

import java.util.Map;

/** A federated algorithm with the settings that are its own. */
public interface Algorithm {

    /** Which one it is. */
    AlgorithmName name();

    /** Its own settings in words; empty if there are none. */
    String describe();

    /** Its own settings by option name, for result files. */
    Map<String, Object> toMap();

    /** Its server and clients, which {@link Federation#open} then makes. */
    Federation<?, ?> federation(RunSettings settings, RunData data);
}

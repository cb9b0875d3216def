package org.blazefl4j.cli;

import java.util.Locale;

/** How a round's clients are run, as named on the command line. */
enum ExecutionMode {
    SINGLE_THREADED,
    MULTI_THREADED,
    MULTI_PROCESS;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

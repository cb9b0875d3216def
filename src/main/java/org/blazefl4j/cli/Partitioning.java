package org.blazefl4j.cli;

import java.util.Locale;

/** How the training samples are spread over the clients, as named on the command line. */
enum Partitioning {
    IID,
    SHARDS,
    DIRICHLET,
    BALANCED_DIRICHLET;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

package org.blazefl4j.cli.run;

import java.util.Locale;

/** How training images are distributed over the clients, as named on the command line. */
enum Partitioning {
    IID,
    SHARDS,
    DIRICHLET,
    CAPPED_DIRICHLET,
    BALANCED_DIRICHLET,
    CLASSES,
    CONSECUTIVE_CLASSES,
    RANDOM_CLASSES,
    CLASS_SHARES,
    SIZES,
    DIRICHLET_SIZES,
    LOG_NORMAL_SIZES,
    NATURAL;

    boolean hasShards() {
        return this == SHARDS;
    }

    boolean hasAlpha() {
        return this == DIRICHLET || this == CAPPED_DIRICHLET || this == BALANCED_DIRICHLET || this == DIRICHLET_SIZES;
    }

    boolean hasClasses() {
        return this == CLASSES || this == CONSECUTIVE_CLASSES || this == RANDOM_CLASSES;
    }

    boolean hasSizes() {
        return this == SIZES;
    }

    boolean hasSigma() {
        return this == LOG_NORMAL_SIZES;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

package org.blazefl4j.cli.run;

import java.util.Locale;
import org.blazefl4j.data.Partitioner;

/** How training images are distributed over the clients, as named on the command line. */
enum Partitioning {
    IID,
    SHARDS,
    DIRICHLET,
    CAPPED_DIRICHLET,
    BALANCED_DIRICHLET,
    CLASSES;

    boolean hasShards() {
        return this == SHARDS;
    }

    boolean hasAlpha() {
        return this == DIRICHLET || this == CAPPED_DIRICHLET || this == BALANCED_DIRICHLET;
    }

    boolean hasClasses() {
        return this == CLASSES;
    }

    Partitioner partitioner(int numShards, double alpha, int classesPerClient) {
        return switch (this) {
            case IID -> Partitioner.iid();
            case SHARDS -> Partitioner.shards(numShards);
            case DIRICHLET -> Partitioner.dirichlet(alpha);
            case CAPPED_DIRICHLET -> Partitioner.cappedDirichlet(alpha, 1);
            case BALANCED_DIRICHLET -> Partitioner.balancedDirichlet(alpha);
            case CLASSES -> Partitioner.classes(classesPerClient);
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

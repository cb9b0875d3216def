package org.blazefl4j.cli.run;

import java.util.Locale;
import org.blazefl4j.data.BalancedDirichletPartitioner;
import org.blazefl4j.data.ClassesPerClientPartitioner;
import org.blazefl4j.data.DirichletPartitioner;
import org.blazefl4j.data.IidPartitioner;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.data.ShardPartitioner;

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
            case IID -> new IidPartitioner();
            case SHARDS -> new ShardPartitioner(numShards);
            case DIRICHLET -> new DirichletPartitioner(alpha);
            case CAPPED_DIRICHLET -> new DirichletPartitioner(alpha, 1, true);
            case BALANCED_DIRICHLET -> new BalancedDirichletPartitioner(alpha);
            case CLASSES -> new ClassesPerClientPartitioner(classesPerClient);
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

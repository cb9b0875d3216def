package org.blazefl4j.cli.run;

import java.util.Locale;
import org.blazefl4j.data.BalancedDirichletPartitioner;
import org.blazefl4j.data.DirichletPartitioner;
import org.blazefl4j.data.IidPartitioner;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.data.ShardPartitioner;

/** How training images are distributed over the clients, as named on the command line. */
enum Partitioning {
    IID,
    SHARDS,
    DIRICHLET,
    BALANCED_DIRICHLET;

    boolean hasShards() {
        return this == SHARDS;
    }

    boolean hasAlpha() {
        return this == DIRICHLET || this == BALANCED_DIRICHLET;
    }

    Partitioner partitioner(int numShards, double alpha) {
        return switch (this) {
            case IID -> new IidPartitioner();
            case SHARDS -> new ShardPartitioner(numShards);
            case DIRICHLET -> new DirichletPartitioner(alpha);
            case BALANCED_DIRICHLET -> new BalancedDirichletPartitioner(alpha);
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

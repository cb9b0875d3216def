package org.blazefl4j.federation;

import java.util.random.RandomGenerator;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.Workers;
import org.blazefl4j.reproducibility.RandomStreams;

/** What a server shows its sampler in a round. */
record ServerDraw(ServerOptions options, int round, PartitionedDataset<PartitionType> dataset, Workers workers)
        implements ClientSampler.Draw {

    private static final int SERVER = -1;

    @Override
    public int numClients() {
        return options.numClients();
    }

    @Override
    public int clientsPerRound() {
        return options.clientsPerRound();
    }

    @Override
    public long dataSize(int cid) {
        return dataset.size(PartitionType.TRAIN, cid);
    }

    @Override
    public RandomGenerator random(String purpose) {
        return RandomStreams.random(options.seed(), SERVER, round, purpose);
    }
}

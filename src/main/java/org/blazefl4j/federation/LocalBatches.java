package org.blazefl4j.federation;

import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.data.DataLoader.Epoch;
import org.blazefl4j.util.Arguments;

/**
 * A client's training samples in shuffled batches without end, besides those that a {@link LocalTraining} reads. Made
 * by {@link LocalRun#batches}; used by one thread.
 */
public final class LocalBatches implements AutoCloseable {

    private final DataLoader loader;
    private final WorkerContext context;
    private Epoch epoch;

    LocalBatches(DataLoader loader, WorkerContext context) {
        this.loader = loader;
        this.context = context;
        this.epoch = loader.iterator();
    }

    /**
     * Returns the next batch, on the client's device; the caller closes it.
     *
     * @throws org.blazefl4j.core.StoppedException if the client's stop event was set
     */
    public Batch next() {
        context.stopEvent().throwIfSet();
        if (!epoch.hasNext()) {
            epoch = loader.iterator();
            Arguments.require(epoch.hasNext(), "no batch to train on: batches=0, limit=1 or more; give samples");
        }
        return context.device().next(epoch);
    }

    @Override
    public void close() {
        epoch.close();
    }
}

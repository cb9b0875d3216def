package org.blazefl4j.contrib.common;

import java.util.List;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;

/** Puts clients' data sets into the shared memory of worker processes, once, for all workers and rounds. */
public final class SharedDatasets {

    private SharedDatasets() {}

    /**
     * Copies the data sets' tensors to a trainer's shared memory, so that none crosses with a client. Closes the
     * trainer if that fails.
     *
     * @param trainer whose workers will read the data sets
     * @param datasets of all clients; their tensors are not written to from now on
     * @throws IllegalStateException if shared memory is too small
     */
    public static void share(ProcessPoolClientTrainer<?, ?, ?> trainer, List<Dataset> datasets) {
        try {
            trainer.workers().share(datasets);
        } catch (RuntimeException | Error e) {
            trainer.close();
            throw e;
        }
    }
}

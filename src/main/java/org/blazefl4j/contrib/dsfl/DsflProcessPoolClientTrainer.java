package org.blazefl4j.contrib.dsfl;

import org.blazefl4j.contrib.common.SharedDatasets;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * Runs the clients of DS-FL in worker processes.
 *
 * <p>The tensors of all clients' data sets are copied to shared memory once, when the trainer is made, and are not to
 * be written to from then on; a client's state crosses in each of its rounds.
 */
public class DsflProcessPoolClientTrainer
        extends ProcessPoolClientTrainer<DsflClientConfig, DsflDownlinkPackage, DsflUplinkPackage> {

    /**
     * Starts the workers with the default {@link ProcessOptions}.
     *
     * @param clients what they do; their model selectors and data sets cross into the workers
     * @param options how clients are run
     * @throws IllegalArgumentException if the device is a CUDA device that there is not
     * @throws IllegalStateException if shared memory is too small
     */
    public DsflProcessPoolClientTrainer(DsflClients clients, TrainerOptions options) {
        this(clients, options, ProcessOptions.defaults());
    }

    /**
     * Starts the workers.
     *
     * @param clients what they do; their model selectors and data sets cross into the workers
     * @param options how clients are run
     * @param processOptions how workers are started and watched
     * @throws IllegalArgumentException if the device is a CUDA device that there is not
     * @throws IllegalStateException if shared memory is too small
     */
    @SuppressWarnings("this-escape") // what is called cannot be overridden outside the library
    public DsflProcessPoolClientTrainer(DsflClients clients, TrainerOptions options, ProcessOptions processOptions) {
        super(clients, options, processOptions);
        SharedDatasets.share(this, clients.datasets());
    }
}

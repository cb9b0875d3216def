package org.blazefl4j.contrib.dsfl;

import org.blazefl4j.contrib.common.CommonTensors;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * Runs the clients of DS-FL in worker processes.
 *
 * <p>Tensors that the data sets of several clients have in common are copied to shared memory once, when the trainer is
 * made; data that one client has for itself crosses in each of its rounds, as its state does.
 */
public class DsflProcessPoolClientTrainer
        extends ProcessPoolClientTrainer<DsflUplinkPackage, DsflDownlinkPackage, DsflClientConfig> {

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
        CommonTensors.share(this, clients.datasets());
    }
}

package org.blazefl4j.contrib.dsfl;

import org.blazefl4j.trainer.ThreadPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;

/** Runs the clients of DS-FL in threads of this process. */
public class DsflThreadPoolClientTrainer
        extends ThreadPoolClientTrainer<DsflClientConfig, DsflDownlinkPackage, DsflUplinkPackage> {

    /**
     * A trainer for the clients of one federation.
     *
     * @param clients what they do
     * @param options how clients are run
     * @throws IllegalArgumentException if the device is a CUDA device that there is not
     */
    public DsflThreadPoolClientTrainer(DsflClients clients, TrainerOptions options) {
        super(clients, options);
    }
}

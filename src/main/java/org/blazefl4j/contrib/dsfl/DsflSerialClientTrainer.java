package org.blazefl4j.contrib.dsfl;

import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;

/** Runs the clients of DS-FL in the calling thread, one after another. */
public class DsflSerialClientTrainer
        extends SerialClientTrainer<DsflClientConfig, DsflDownlinkPackage, DsflUplinkPackage> {

    /**
     * A trainer for the clients of one federation.
     *
     * @param clients what they do
     * @param options how clients are run
     * @throws IllegalArgumentException if the device is a CUDA device that there is not
     */
    public DsflSerialClientTrainer(DsflClients clients, TrainerOptions options) {
        super(clients, options);
    }
}

package org.blazefl4j.contrib.fedavg;

import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;

/** Trains the clients of federated averaging one after another, on the calling thread. */
public class FedAvgSerialClientTrainer
        extends SerialClientTrainer<ClientConfig, FedAvgDownlinkPackage, FedAvgUplinkPackage> {

    /**
     * A trainer for the clients of one federation.
     *
     * @param clients what is trained
     * @param options how clients are run
     * @throws IllegalArgumentException if the device is a CUDA device that there is not
     */
    public FedAvgSerialClientTrainer(FedAvgClients clients, TrainerOptions options) {
        super(clients, options);
    }
}

package org.blazefl4j.contrib.scaffold;

import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.trainer.ThreadPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;

/** Trains the clients of SCAFFOLD in threads of this process. */
public class ScaffoldThreadPoolClientTrainer
        extends ThreadPoolClientTrainer<ClientConfig, ScaffoldDownlinkPackage, ScaffoldUplinkPackage> {

    /**
     * A trainer for the clients of one federation.
     *
     * @param clients what is trained
     * @param options how clients are run
     * @throws IllegalArgumentException if the device is a CUDA device that there is not
     */
    public ScaffoldThreadPoolClientTrainer(ScaffoldClients clients, TrainerOptions options) {
        super(clients, options);
    }
}

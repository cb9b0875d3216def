package org.blazefl4j.contrib.fedavg;

import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.LocalModel;
import org.blazefl4j.contrib.common.SpoiltClients;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.WorkerContext;

/** Fills a worker's model with garbage before each client. */
public final class SpoiltFedAvg {

    private SpoiltFedAvg() {}

    /** Wraps clients; they are unchanged otherwise. */
    public static ClientAlgorithm<ClientConfig, FedAvgDownlinkPackage, FedAvgUplinkPackage> of(FedAvgClients clients) {
        return new SpoiltClients<>(clients, SpoiltFedAvg::train);
    }

    private static FedAvgUplinkPackage train(
            ClientConfig config, FedAvgDownlinkPackage payload, WorkerContext context) {
        SpoiltClients.spoil(LocalModel.of(config.model(), context).model());
        return FedAvgClients.train(config, payload, context);
    }
}

package org.blazefl4j.contrib.scaffold;

import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.LocalModel;
import org.blazefl4j.contrib.common.SpoiltClients;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.WorkerContext;

/** Fills a worker's model with garbage before each client. */
public final class SpoiltScaffold {

    private SpoiltScaffold() {}

    /** Wraps clients; they are unchanged otherwise. */
    public static ClientAlgorithm<ClientConfig, ScaffoldDownlinkPackage, ScaffoldUplinkPackage> of(
            ScaffoldClients clients) {
        return new SpoiltClients<>(clients, SpoiltScaffold::train);
    }

    private static ScaffoldUplinkPackage train(
            ClientConfig config, ScaffoldDownlinkPackage payload, WorkerContext context) {
        SpoiltClients.spoil(LocalModel.of(config.model(), context).model());
        return ScaffoldClients.train(config, payload, context);
    }
}

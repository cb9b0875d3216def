package org.blazefl4j.contrib.scaffold;

import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.LocalModel;
import org.blazefl4j.contrib.common.SpoiltClients;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.WorkerContext;

/** Clients that each find their worker's model spoilt. */
public final class SpoiltScaffold {

    private SpoiltScaffold() {}

    /** The same clients otherwise. */
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

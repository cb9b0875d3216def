package org.blazefl4j.federation;

import java.io.File;
import java.nio.file.Path;
import java.util.Objects;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;

/** A federation's clients, which train, keep and send, and then fail: once in each round, also in processes. */
public final class FailingClients implements ClientAlgorithm<ClientConfig, ModelBroadcast, ModelUpdate> {

    private final FederationClients clients;
    private final FederationClients.Parts parts;
    private final String failed;

    /** Makes clients that note in a folder that they failed. */
    public FailingClients(Federation federation, Path folder) {
        clients = federation.clients();
        parts = federation.clientParts();
        failed = failed(folder).getPath();
    }

    private static File failed(Path folder) {
        return folder.resolve("failed").toFile();
    }

    /** Returns how often clients with such a folder have failed. */
    public static int failures(Path folder) {
        return Objects.requireNonNull(failed(folder).list()).length;
    }

    @Override
    public ClientWorker<ClientConfig, ModelBroadcast, ModelUpdate> worker() {
        FederationClients.Parts crossing = parts;
        String notes = failed;
        return (config, payload, context) -> {
            ModelUpdate buffer = context.uplinkBuffer();
            ModelUpdate update = FederationClients.train(crossing, config, payload, buffer, context);
            if (new File(notes, context.round() + " " + context.clientId()).mkdirs()) {
                throw new IllegalStateException("planned");
            }
            return update;
        };
    }

    @Override
    public ClientConfig getClientConfig(int cid) {
        return clients.getClientConfig(cid);
    }

    @Override
    public ModelUpdate prepareUplinkPackageBuffer() {
        return clients.prepareUplinkPackageBuffer();
    }
}

package org.blazefl4j.worker;

import org.blazefl4j.core.Device;
import org.jspecify.annotations.Nullable;

/**
 * One unit of work: a client that is trained in a round, or a client or shard of work between rounds.
 *
 * @param clientId the number of the client or shard
 * @param round the round, from 0, or the next one
 * @param device the device to compute on
 * @param side the work between rounds, or null if a client is trained
 */
public record ClientJob(
        int clientId, int round, Device device, @Nullable SideWork side) {

    public ClientJob(int clientId, int round, Device device) {
        this(clientId, round, device, null);
    }

    public boolean isTraining() {
        return side == null;
    }

    public boolean isShard() {
        return side != null && !side.ofClients();
    }

    /** Returns the kind, for messages. */
    public String noun() {
        return isShard() ? "shard" : "client";
    }

    /** Returns the identity, for messages. */
    String name() {
        String unit = noun() + "=" + clientId;
        return side == null ? unit : "work=" + side.name() + ", " + unit;
    }

    /** Returns the purpose for random streams, which keeps those of training and of other work apart. */
    String purpose(String purpose) {
        return side == null ? purpose : side.purpose(purpose);
    }
}

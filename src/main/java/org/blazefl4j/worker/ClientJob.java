package org.blazefl4j.worker;

import org.blazefl4j.core.Device;
import org.jspecify.annotations.Nullable;

/**
 * One unit of work: a client of a round, or a shard of the server's work between rounds.
 *
 * @param clientId the number of the client or shard
 * @param round the round, from 0, or the next one
 * @param device the device to compute on
 * @param work the name of a shard's work, or null for a client
 */
public record ClientJob(
        int clientId, int round, Device device, @Nullable String work) {

    public ClientJob(int clientId, int round, Device device) {
        this(clientId, round, device, null);
    }

    public boolean isShard() {
        return work != null;
    }

    /** Returns the kind, for messages. */
    public String noun() {
        return isShard() ? "shard" : "client";
    }

    /** Returns the identity, for messages. */
    String name() {
        return isShard() ? "work=" + work + ", shard=" + clientId : "client=" + clientId;
    }

    /** Returns the purpose for random streams, which keeps those of shards and clients apart. */
    String purpose(String purpose) {
        return isShard() ? "shard of " + work + ": " + purpose : purpose;
    }
}

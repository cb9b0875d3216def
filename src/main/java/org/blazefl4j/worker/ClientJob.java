package org.blazefl4j.worker;

import org.blazefl4j.core.Device;

/**
 * What one worker is given at a time: a client of a round, or a shard of the server's work between rounds.
 *
 * @param clientId the client, or the shard
 * @param round the round, from 0, or the one that is next
 * @param device where it computes
 * @param work what the work is called that this is a shard of; null for a client
 */
public record ClientJob(int clientId, int round, Device device, String work) {

    /** A client. */
    public ClientJob(int clientId, int round, Device device) {
        this(clientId, round, device, null);
    }

    /** Whether this is a shard. */
    public boolean isShard() {
        return work != null;
    }

    /** What this is, for messages. */
    public String noun() {
        return isShard() ? "shard" : "client";
    }

    /** Which one this is, for messages. */
    String name() {
        return isShard() ? "work=" + work + ", shard=" + clientId : "client=" + clientId;
    }

    /** The purpose that a random stream is derived from: a shard's streams are no client's. */
    String purpose(String purpose) {
        return isShard() ? "shard of " + work + ": " + purpose : purpose;
    }
}

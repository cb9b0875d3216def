package org.blazefl4j.process;

import org.bytedeco.pytorch.Tensor;

/**
 * The part of a job that only clients with a state and shards have.
 *
 * @param work the name of a shard's work, or null for a client
 * @param state the encoded state of the client, or null if it has none
 * @param stateFailure why the state cannot be read, else null
 */
record JobPayload(String work, Tensor state, String stateFailure) implements AutoCloseable {

    /** The payload of a client without a state. It is not sent. */
    static final JobPayload NONE = new JobPayload(null, null, null);

    /** Closes the state. */
    @Override
    public void close() {
        if (state != null) {
            state.close();
        }
    }
}

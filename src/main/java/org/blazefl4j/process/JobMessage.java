package org.blazefl4j.process;

import org.bytedeco.pytorch.Tensor;

/**
 * What a worker is told beside the {@link JobOrder} of a client that has a state, or of a shard.
 *
 * @param work what the work is called that this is a shard of; null for a client
 * @param config the client's configuration
 * @param state the bytes of the state that it starts from; null if there is none
 * @param stateFailure why there are none although there should be; else null
 */
record JobMessage(String work, Object config, Tensor state, String stateFailure) implements AutoCloseable {

    /** A client without a state. */
    static JobMessage of(Object config) {
        return new JobMessage(null, config, null, null);
    }

    /** Whether the configuration says it all. */
    boolean isPlain() {
        return work == null && state == null && stateFailure == null;
    }

    /** Frees the state's bytes in this process. */
    @Override
    public void close() {
        if (state != null) {
            state.close();
        }
    }
}

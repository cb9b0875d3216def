package org.blazefl4j.process;

import org.bytedeco.pytorch.Tensor;

/**
 * What a worker is told beside the {@link JobHeader} and the configuration of a client that has a state, or of a shard.
 *
 * @param work what the work is called that this is a shard of; null for a client
 * @param state the bytes of the state that it starts from; null if there is none
 * @param stateFailure why there are none although there should be; else null
 */
record JobPayload(String work, Tensor state, String stateFailure) implements AutoCloseable {

    /** Of a client without a state, which is not sent. */
    static final JobPayload NONE = new JobPayload(null, null, null);

    /** Frees the state's bytes in this process. */
    @Override
    public void close() {
        if (state != null) {
            state.close();
        }
    }
}

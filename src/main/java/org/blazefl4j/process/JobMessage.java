package org.blazefl4j.process;

import org.blazefl4j.shm.SegmentHandle;
import org.bytedeco.pytorch.Tensor;

/**
 * What a worker is told of one client.
 *
 * @param job the client
 * @param segment the segment of its slot; null for a shard, which has none
 * @param slot which slot of the segment
 * @param config the client's configuration
 * @param state the bytes of the state that it starts from; null if there is none
 * @param stateFailure why there are none although there should be; else null
 */
record JobMessage(ClientJob job, SegmentHandle segment, int slot, Object config, Tensor state, String stateFailure)
        implements AutoCloseable {

    /** Frees the state's bytes in this process. */
    @Override
    public void close() {
        if (state != null) {
            state.close();
        }
    }
}

package org.blazefl4j.process;

import org.blazefl4j.codec.TensorPlacer;
import org.blazefl4j.shm.Segment;

/** Places the tensors of a message, and copies them once it is known that the message fits. */
interface MessagePlacer extends TensorPlacer {

    /**
     * Starts a message.
     *
     * @param table receives the segments of the tensors
     * @param segment the segment with space for tensors
     * @param offset the start of the space
     */
    void start(SegmentTable table, Segment segment, long offset);

    /** Returns the space needed, in bytes. If it is more than there is, {@link #finish} is not called. */
    long used();

    /** Copies the tensors. */
    void finish();
}

package org.blazefl4j.process;

import org.blazefl4j.codec.TensorPlacer;
import org.blazefl4j.shm.Segment;

/** Decides where the tensors of one message go, and copies them there once it is known that the message fits. */
interface Placement extends TensorPlacer {

    /**
     * Starts anew.
     *
     * @param table gets the segments that are referred to
     * @param segment where there is space for tensors
     * @param offset where the space begins
     */
    void start(SegmentTable table, Segment segment, long offset);

    /** The space that was used, in bytes. It may be more than there is; {@link #finish} is then not called. */
    long used();

    /** Copies the tensors. */
    void finish();
}

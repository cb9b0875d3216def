package org.blazefl4j.process;

import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentHandle;

/** Opens the segments that a message refers to. */
interface SegmentSource {

    /**
     * Opens a segment, or returns it if it is open.
     *
     * @throws IllegalStateException if it cannot be opened
     */
    Segment open(SegmentHandle handle);

    /**
     * Checks that the sender may refer to a place.
     *
     * @throws org.blazefl4j.codec.PackageFormatException if it may not
     */
    default void check(Segment segment, ShmHandle handle) {}
}

package org.blazefl4j.process;

import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentHandle;

/** Gives the segments that a message refers to. */
interface SegmentSource {

    /**
     * The segment, open.
     *
     * @throws IllegalStateException if it cannot be opened
     */
    Segment open(SegmentHandle handle);

    /**
     * Checks that the sender may refer to this place.
     *
     * @throws org.blazefl4j.codec.PackageFormatException if it may not
     */
    default void check(Segment segment, ShmHandle handle) {}
}

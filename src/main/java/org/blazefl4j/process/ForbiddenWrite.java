package org.blazefl4j.process;

import org.blazefl4j.shm.SegmentHandle;

/**
 * A place in read-only shared memory that a worker wrote to.
 *
 * @param inode the inode of the file
 * @param offset the offset in the file
 */
record ForbiddenWrite(long inode, long offset) {

    /** Returns whether a range of a segment contains the place. */
    boolean isWithin(SegmentHandle segment, long from, long bytes) {
        return segment.inode() == inode && offset >= from && offset < from + bytes;
    }
}

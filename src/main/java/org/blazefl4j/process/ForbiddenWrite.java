package org.blazefl4j.process;

import org.blazefl4j.shm.SegmentHandle;

/**
 * A place in shared memory that a worker may only read, and wrote to.
 *
 * @param inode the file's
 * @param offset where in the file
 */
record ForbiddenWrite(long inode, long offset) {

    /** Whether bytes of a segment are at that place. */
    boolean isWithin(SegmentHandle segment, long from, long bytes) {
        return segment.inode() == inode && offset >= from && offset < from + bytes;
    }
}

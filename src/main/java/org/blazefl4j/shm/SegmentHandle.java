package org.blazefl4j.shm;

import java.io.Serializable;

/**
 * What another process needs to open a {@link Segment}: where its file is found and what it must look like.
 *
 * @param pid the process that holds the file open
 * @param fd its descriptor there
 * @param device the file's device, checked on opening
 * @param inode the file's inode, checked on opening
 * @param slots how many slots it is divided into
 * @param slotBytes the length of each, a multiple of {@value Segment#SLOT_ALIGNMENT}
 * @param generation a number that no other segment of that process has had
 */
public record SegmentHandle(int pid, int fd, long device, long inode, int slots, long slotBytes, long generation)
        implements Serializable {

    /** Checks the parts. */
    public SegmentHandle {
        SegmentLayout.check(slots, slotBytes);
        if (pid < 1 || fd < 0) {
            throw new IllegalArgumentException("segment handle: pid=" + pid + ", fd=" + fd
                    + ", limit=a pid of 1 or more and an fd of 0 or more; the message is damaged");
        }
    }

    /** The length of the whole segment. */
    public long bytes() {
        return slots * slotBytes;
    }
}

package org.blazefl4j.shm;

import java.io.Serializable;

/**
 * Identifies a {@link Segment} to other processes, which open it by this handle.
 *
 * @param pid the process that owns the segment
 * @param fd the owner's file descriptor, whose device and inode are checked on opening
 * @param slotBytes the length of each slot, a multiple of {@value Segment#SLOT_ALIGNMENT}
 * @param generation a number unique among the segments of the owner
 */
public record SegmentHandle(int pid, int fd, long device, long inode, int slots, long slotBytes, long generation)
        implements Serializable {

    /** The most slots that the native registry counts. */
    private static final int MAX_SLOTS = 1 << 20;

    /** Checks the components, which may come from a damaged message. */
    public SegmentHandle {
        check(slots, slotBytes);
        if (pid < 1 || fd < 0) {
            throw new IllegalArgumentException("segment handle: pid=" + pid + ", fd=" + fd
                    + ", expected=pid of 1 or more, fd of 0 or more; the message is damaged");
        }
    }

    /** Checks the sizes of a segment, whose total length must fit in a long. */
    static void check(int slots, long slotBytes) {
        boolean aligned = slotBytes > 0 && slotBytes % Segment.SLOT_ALIGNMENT == 0;
        if (slots < 1 || slots > MAX_SLOTS || !aligned || slotBytes > Long.MAX_VALUE / slots) {
            throw new IllegalArgumentException("segment: slots=" + slots + ", slotBytes=" + slotBytes
                    + ", limit=1 to " + MAX_SLOTS + " slots of a multiple of " + Segment.SLOT_ALIGNMENT
                    + " bytes, less than 2^63 bytes in all; ask for less");
        }
    }

    public long bytes() {
        return slots * slotBytes;
    }
}

package org.blazefl4j.process;

/**
 * The layout of the areas of a job board, of which the native library knows only the size. An area holds one message.
 * It begins with a header of two parts. The message's tensors, segment table and body follow, unless they are in a
 * separate segment. Offsets are in bytes. Numbers are in native byte order, aligned to 4 bytes.
 *
 * <pre>
 *      0             4             8                           16
 *     +-------------+-------------+---------------------------+-----------------------------------------+
 *   0 | PLACE       | LENGTH      | START                     | SEGMENT (if PLACE_SEGMENT, a handle)    |
 *     +-------------+-------------+---------------------------+-----------------------------------------+
 *  64 | job header (in a job's area)                                                                    |
 *     +-------------------------------------------------------------------------------------------------+
 * 256 | tensors, segment table, body                                                                    |
 *     +-------------------------------------------------------------------------------------------------+
 * </pre>
 *
 * <p>LENGTH is the length of table and body. START is the offset of the table in the board's segment or in SEGMENT. A
 * segment table is a number of 4 bytes, of which the last 24 bits say how many segment handles there are, and the first
 * 8 how many device handles; then the former, then the latter.
 *
 * <pre>
 * job header          0        4        8        12       16       20                    64        68            164
 *                     +--------+--------+--------+--------+--------+---------------------+---------+---------------+
 *                     | CLIENT | ROUND  | DEVICE | FLAGS  | SLOT   | SEGMENT (a handle)  | ON_SLOT | ON_DEVICE     |
 *                     +--------+--------+--------+--------+--------+---------------------+---------+---------------+
 * segment handle      0        4        8        12            20            28              36         44
 *                     +--------+--------+--------+-------------+-------------+---------------+-----------+
 *                     | PID    | FD     | SLOTS  | DEVICE      | INODE       | SLOT_BYTES    | GENERATION|
 *                     +--------+--------+--------+-------------+-------------+---------------+-----------+
 * device handle       0        4        8        12       16              24              32                96
 *                     +--------+--------+--------+--------+---------------+---------------+-----------------+
 *                     | PID    | DEVICE | SLOTS  | CHECK  | SLOT_BYTES    | GENERATION    | MEMORY          |
 *                     +--------+--------+--------+--------+---------------+---------------+-----------------+
 * </pre>
 *
 * <p>CLIENT is the number of a client or shard. A job's DEVICE is the index of a CUDA device, -1 for the current one,
 * or {@link #JOB_DEVICE_CPU}. SEGMENT and SLOT name the slot for the result, if {@link #JOB_HAS_SLOT} is set; ON_DEVICE
 * (a device handle) and ON_SLOT another one for it on the client's device, if {@link #JOB_HAS_DEVICE_SLOT} is set.
 * CHECK is the checksum of the rest of a device handle, MEMORY what CUDA calls the memory.
 *
 * <p>A change of this layout raises {@code version_number} in {@code native/src/board.cpp}, by which workers refuse the
 * board of another release.
 */
final class AreaLayout {

    static final int AREA_BYTES = 8192;

    static final int MESSAGE_PLACE = 0;
    static final int MESSAGE_LENGTH = 4;
    static final int MESSAGE_START = 8;
    static final int MESSAGE_SEGMENT = 16;
    static final int JOB_OFFSET = 64;
    static final int MESSAGE_CONTENT = 256;

    static final int PLACE_AREA = 0;
    static final int PLACE_SEGMENT = 1;

    static final int JOB_CLIENT = 0;
    static final int JOB_ROUND = 4;
    static final int JOB_DEVICE = 8;
    static final int JOB_FLAGS = 12;
    static final int JOB_SLOT = 16;
    static final int JOB_SEGMENT = 20;
    static final int JOB_ON_SLOT = 64;
    static final int JOB_ON_DEVICE = 68;
    static final int JOB_BYTES = 192;

    static final int JOB_DEVICE_CPU = -2;
    static final int JOB_HAS_SLOT = 1;
    static final int JOB_HAS_DEVICE_SLOT = 2;

    static final int HANDLE_PID = 0;
    static final int HANDLE_FD = 4;
    static final int HANDLE_SLOTS = 8;
    static final int HANDLE_DEVICE = 12;
    static final int HANDLE_INODE = 20;
    static final int HANDLE_SLOT_BYTES = 28;
    static final int HANDLE_GENERATION = 36;
    static final int HANDLE_BYTES = 44;

    static final int DEVICE_PID = 0;
    static final int DEVICE_DEVICE = 4;
    static final int DEVICE_SLOTS = 8;
    static final int DEVICE_CHECK = 12;
    static final int DEVICE_SLOT_BYTES = 16;
    static final int DEVICE_GENERATION = 24;
    static final int DEVICE_MEMORY = 32;
    static final int DEVICE_BYTES = 96;

    private AreaLayout() {}
}

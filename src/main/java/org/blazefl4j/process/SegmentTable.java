package org.blazefl4j.process;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.shm.SegmentHandle;

/**
 * The segments with the tensors of a message. It precedes the message, whose tensor handles refer to segments by index.
 */
final class SegmentTable {

    private final List<SegmentHandle> segments = new ArrayList<>(2);

    /** Returns the index of a segment. Adds it at the first call. */
    int index(SegmentHandle segment) {
        for (int i = segments.size() - 1; i >= 0; i--) {
            if (segments.get(i).generation() == segment.generation()
                    && segments.get(i).pid() == segment.pid()) {
                return i;
            }
        }
        segments.add(segment);
        return segments.size() - 1;
    }

    /**
     * Returns the segment of a tensor handle.
     *
     * @throws PackageFormatException if there is no such segment
     */
    SegmentHandle get(ShmHandle handle) {
        if (handle.segment() < 0 || handle.segment() >= segments.size()) {
            throw new PackageFormatException(
                    "no such segment: segment=" + handle.segment() + ", limit=" + segments.size() + " segments");
        }
        SegmentHandle segment = segments.get((int) handle.segment());
        handle.checkGeneration(segment.generation());
        handle.checkWithin(segment.bytes());
        return segment;
    }

    int bytes() {
        return Integer.BYTES + segments.size() * AreaLayout.HANDLE_BYTES;
    }

    void write(ByteBuffer out) {
        out.putInt(segments.size());
        for (SegmentHandle segment : segments) {
            writeSegment(segment, out, out.position());
            out.position(out.position() + AreaLayout.HANDLE_BYTES);
        }
    }

    /**
     * Reads a table.
     *
     * @throws PackageFormatException if it is damaged
     */
    static SegmentTable read(ByteBuffer in) {
        if (in.remaining() < Integer.BYTES) {
            throw new PackageFormatException(
                    "segment table damaged: bytes=" + in.remaining() + ", expected=" + Integer.BYTES + " or more");
        }
        SegmentTable table = new SegmentTable();
        int count = in.getInt();
        if (count < 0 || count > in.remaining() / AreaLayout.HANDLE_BYTES) {
            throw new PackageFormatException(
                    "segment table damaged: segments=" + count + ", limit=" + in.remaining() / AreaLayout.HANDLE_BYTES);
        }
        for (int i = 0; i < count; i++) {
            table.segments.add(readSegment(in, in.position()));
            in.position(in.position() + AreaLayout.HANDLE_BYTES);
        }
        return table;
    }

    static void writeSegment(SegmentHandle segment, ByteBuffer out, int at) {
        out.putInt(at + AreaLayout.HANDLE_PID, segment.pid());
        out.putInt(at + AreaLayout.HANDLE_FD, segment.fd());
        out.putInt(at + AreaLayout.HANDLE_SLOTS, segment.slots());
        out.putLong(at + AreaLayout.HANDLE_DEVICE, segment.device());
        out.putLong(at + AreaLayout.HANDLE_INODE, segment.inode());
        out.putLong(at + AreaLayout.HANDLE_SLOT_BYTES, segment.slotBytes());
        out.putLong(at + AreaLayout.HANDLE_GENERATION, segment.generation());
    }

    /**
     * Reads the handle of a segment.
     *
     * @throws PackageFormatException if it is damaged
     */
    static SegmentHandle readSegment(ByteBuffer in, int at) {
        int pid = in.getInt(at + AreaLayout.HANDLE_PID);
        int fd = in.getInt(at + AreaLayout.HANDLE_FD);
        int slots = in.getInt(at + AreaLayout.HANDLE_SLOTS);
        long device = in.getLong(at + AreaLayout.HANDLE_DEVICE);
        long inode = in.getLong(at + AreaLayout.HANDLE_INODE);
        long slotBytes = in.getLong(at + AreaLayout.HANDLE_SLOT_BYTES);
        long generation = in.getLong(at + AreaLayout.HANDLE_GENERATION);
        try {
            return new SegmentHandle(pid, fd, device, inode, slots, slotBytes, generation);
        } catch (IllegalArgumentException e) {
            throw new PackageFormatException("segment table damaged: " + e.getMessage(), e);
        }
    }
}

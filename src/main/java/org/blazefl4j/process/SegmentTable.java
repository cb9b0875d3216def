package org.blazefl4j.process;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.codec.ShmHandle;
import org.blazefl4j.cuda.DeviceHandle;
import org.blazefl4j.shm.SegmentHandle;

/**
 * The segments with the tensors of a message. It precedes the message, whose tensor handles refer to segments by index,
 * to those on devices from {@link #FIRST_ON_DEVICE} on.
 */
final class SegmentTable {

    static final int FIRST_ON_DEVICE = 1 << 24;

    private static final int ON_DEVICES_BIT = 24;
    private static final int MOST_ON_DEVICES = 255;

    private final List<SegmentHandle> segments = new ArrayList<>(2);
    private List<DeviceHandle> devices = List.of();

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

    /** Returns the index of a segment on a device. Adds it at the first call. */
    int index(DeviceHandle segment) {
        if (devices.isEmpty()) {
            devices = new ArrayList<>(1);
        }
        int known = devices.indexOf(segment);
        if (known < 0) {
            known = devices.size();
            if (known == MOST_ON_DEVICES) {
                throw new IllegalStateException(
                        "segments of a message: on devices=" + (known + 1) + ", limit=" + MOST_ON_DEVICES);
            }
            devices.add(segment);
        }
        return FIRST_ON_DEVICE + known;
    }

    /** Returns whether a tensor handle refers to a segment on a device. */
    static boolean isOnDevice(ShmHandle handle) {
        return handle.segment() >= FIRST_ON_DEVICE;
    }

    /**
     * Returns the segment of a tensor handle that {@link #isOnDevice}.
     *
     * @throws PackageFormatException if there is no such segment
     */
    DeviceHandle onDevice(ShmHandle handle) {
        long index = handle.segment() - FIRST_ON_DEVICE;
        if (index < 0 || index >= devices.size()) {
            throw new PackageFormatException("no such segment: segment=" + handle.segment() + ", limit="
                    + devices.size() + " segments on devices");
        }
        DeviceHandle segment = devices.get((int) index);
        handle.checkGeneration(segment.generation());
        handle.checkWithin(segment.bytes());
        return segment;
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
        return Integer.BYTES + segments.size() * AreaLayout.HANDLE_BYTES + devices.size() * AreaLayout.DEVICE_BYTES;
    }

    void write(ByteBuffer out) {
        out.putInt(segments.size() | devices.size() << ON_DEVICES_BIT);
        for (SegmentHandle segment : segments) {
            writeSegment(segment, out, out.position());
            out.position(out.position() + AreaLayout.HANDLE_BYTES);
        }
        for (DeviceHandle segment : devices) {
            writeDevice(segment, out, out.position());
            out.position(out.position() + AreaLayout.DEVICE_BYTES);
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
        int counts = in.getInt();
        int count = counts & FIRST_ON_DEVICE - 1;
        int onDevices = counts >>> ON_DEVICES_BIT;
        long bytes = (long) count * AreaLayout.HANDLE_BYTES + (long) onDevices * AreaLayout.DEVICE_BYTES;
        if (bytes > in.remaining()) {
            throw new PackageFormatException("segment table damaged: segments=" + count + ", on devices=" + onDevices
                    + ", bytes=" + bytes + ", limit=" + in.remaining());
        }
        for (int i = 0; i < count; i++) {
            table.segments.add(readSegment(in, in.position()));
            in.position(in.position() + AreaLayout.HANDLE_BYTES);
        }
        if (onDevices > 0) {
            table.readDevices(in, onDevices);
        }
        return table;
    }

    private void readDevices(ByteBuffer in, int count) {
        devices = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            devices.add(readDevice(in, in.position()));
            in.position(in.position() + AreaLayout.DEVICE_BYTES);
        }
    }

    static void writeDevice(DeviceHandle segment, ByteBuffer out, int at) {
        out.putInt(at + AreaLayout.DEVICE_PID, segment.pid());
        out.putInt(at + AreaLayout.DEVICE_DEVICE, segment.device());
        out.putInt(at + AreaLayout.DEVICE_SLOTS, segment.slots());
        out.putInt(at + AreaLayout.DEVICE_CHECK, segment.checksum());
        out.putLong(at + AreaLayout.DEVICE_SLOT_BYTES, segment.slotBytes());
        out.putLong(at + AreaLayout.DEVICE_GENERATION, segment.generation());
        out.put(at + AreaLayout.DEVICE_MEMORY, segment.memory());
    }

    /**
     * Reads the handle of a segment on a device.
     *
     * @throws PackageFormatException if it is damaged
     */
    static DeviceHandle readDevice(ByteBuffer in, int at) {
        byte[] memory = new byte[DeviceHandle.MEMORY_BYTES];
        in.get(at + AreaLayout.DEVICE_MEMORY, memory);
        DeviceHandle handle;
        try {
            handle = new DeviceHandle(
                    in.getInt(at + AreaLayout.DEVICE_PID),
                    in.getInt(at + AreaLayout.DEVICE_DEVICE),
                    in.getInt(at + AreaLayout.DEVICE_SLOTS),
                    in.getLong(at + AreaLayout.DEVICE_SLOT_BYTES),
                    in.getLong(at + AreaLayout.DEVICE_GENERATION),
                    memory);
        } catch (IllegalArgumentException e) {
            throw new PackageFormatException("segment table damaged: " + e.getMessage(), e);
        }
        int check = in.getInt(at + AreaLayout.DEVICE_CHECK);
        if (check != handle.checksum()) {
            throw new PackageFormatException("segment table damaged: device handle: checksum=" + check + ", expected="
                    + handle.checksum() + " for " + handle);
        }
        return handle;
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

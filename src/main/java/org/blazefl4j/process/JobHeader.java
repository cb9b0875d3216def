package org.blazefl4j.process;

import java.nio.ByteBuffer;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.core.Device;
import org.blazefl4j.cuda.DeviceHandle;
import org.blazefl4j.cuda.DeviceSlot;
import org.blazefl4j.shm.SegmentHandle;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.SideWork;
import org.jspecify.annotations.Nullable;

/**
 * The fixed-size part of a job, at a fixed place in the lane's job area.
 *
 * @param id the number of the client or shard
 * @param round the round
 * @param device the device to compute on
 * @param segment the segment of the result's slot, or null for work between rounds
 * @param slot the number of the slot
 * @param onDevice the segment of another slot for the result, on the device, or null if there is none
 * @param onSlot the number of that slot
 */
record JobHeader(
        int id,
        int round,
        Device device,
        @Nullable SegmentHandle segment,
        int slot,
        @Nullable DeviceHandle onDevice,
        int onSlot) {

    /** Returns the header of a job. */
    static JobHeader of(ClientJob job, @Nullable Slot slot, @Nullable DeviceSlot onDevice) {
        return new JobHeader(
                job.clientId(),
                job.round(),
                job.device(),
                slot == null ? null : slot.segment().handle(),
                slot == null ? 0 : slot.index(),
                onDevice == null ? null : onDevice.segment().handle(),
                onDevice == null ? 0 : onDevice.index());
    }

    /** Returns the job. The work between rounds is null for a client that is trained. */
    ClientJob job(@Nullable SideWork side) {
        return new ClientJob(id, round, device, side);
    }

    /**
     * Returns the slot for the client's result, page-locked if it comes from a device.
     *
     * @throws PackageFormatException if it has none
     */
    Slot slotIn(SegmentCache segments) {
        if (segment == null) {
            throw new PackageFormatException(
                    "job damaged: slot=none, client=" + id + ", expected=a slot for each client");
        }
        boolean copied = !device.isCpu() && onDevice == null;
        return new Slot(copied ? segments.openPinned(segment) : segments.openSlots(segment), slot);
    }

    /** Returns the slot for the client's result on its device, or null if it has none. */
    @Nullable
    DeviceUplink onDeviceIn(SegmentCache segments) {
        return onDevice == null ? null : new DeviceUplink(segments, onDevice, onSlot);
    }

    void write(ByteBuffer out) {
        out.putInt(AreaLayout.JOB_CLIENT, id);
        out.putInt(AreaLayout.JOB_ROUND, round);
        out.putInt(AreaLayout.JOB_DEVICE, device.isCpu() ? AreaLayout.JOB_DEVICE_CPU : device.index());
        out.putInt(
                AreaLayout.JOB_FLAGS,
                (segment == null ? 0 : AreaLayout.JOB_HAS_SLOT)
                        | (onDevice == null ? 0 : AreaLayout.JOB_HAS_DEVICE_SLOT));
        out.putInt(AreaLayout.JOB_SLOT, slot);
        if (segment != null) {
            SegmentTable.writeSegment(segment, out, AreaLayout.JOB_SEGMENT);
        }
        if (onDevice != null) {
            out.putInt(AreaLayout.JOB_ON_SLOT, onSlot);
            SegmentTable.writeDevice(onDevice, out, AreaLayout.JOB_ON_DEVICE);
        }
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws PackageFormatException if it is damaged
     */
    static JobHeader read(ByteBuffer in) {
        int id = in.getInt(AreaLayout.JOB_CLIENT);
        int round = in.getInt(AreaLayout.JOB_ROUND);
        Device device = device(in.getInt(AreaLayout.JOB_DEVICE));
        int flags = in.getInt(AreaLayout.JOB_FLAGS);
        boolean hasSlot = (flags & AreaLayout.JOB_HAS_SLOT) != 0;
        SegmentHandle segment = hasSlot ? SegmentTable.readSegment(in, AreaLayout.JOB_SEGMENT) : null;
        int slot = slot(in.getInt(AreaLayout.JOB_SLOT), segment == null ? 1 : segment.slots());
        if ((flags & AreaLayout.JOB_HAS_DEVICE_SLOT) == 0) {
            return new JobHeader(id, round, device, segment, slot, null, 0);
        }
        DeviceHandle onDevice = SegmentTable.readDevice(in, AreaLayout.JOB_ON_DEVICE);
        int onSlot = slot(in.getInt(AreaLayout.JOB_ON_SLOT), onDevice.slots());
        return new JobHeader(id, round, device, segment, slot, onDevice, onSlot);
    }

    private static int slot(int number, int limit) {
        if (number < 0 || number >= limit) {
            throw new PackageFormatException("job damaged: slot=" + number + ", limit=" + limit + " slots");
        }
        return number;
    }

    private static Device device(int number) {
        if (number < AreaLayout.JOB_DEVICE_CPU) {
            throw new PackageFormatException(
                    "job damaged: device=" + number + ", expected=" + AreaLayout.JOB_DEVICE_CPU + " or more");
        }
        return number == AreaLayout.JOB_DEVICE_CPU ? Device.CPU : new Device("cuda", number);
    }
}

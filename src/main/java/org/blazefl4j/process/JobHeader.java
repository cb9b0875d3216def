package org.blazefl4j.process;

import java.nio.ByteBuffer;
import org.blazefl4j.binding.AreaLayout;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.core.Device;
import org.blazefl4j.shm.SegmentHandle;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.worker.ClientJob;

/**
 * The fixed-size part of a job, at a fixed place in the lane's job area.
 *
 * @param id the number of the client or shard
 * @param round the round
 * @param device the device to compute on
 * @param segment the segment of the result's slot, or null for a shard
 * @param slot the number of the slot
 * @param extended whether a {@link JobPayload} follows the configuration
 */
record JobHeader(int id, int round, Device device, SegmentHandle segment, int slot, boolean extended) {

    /** Returns the header of a job. */
    static JobHeader of(ClientJob job, Slot slot, boolean extended) {
        return slot == null
                ? new JobHeader(job.clientId(), job.round(), job.device(), null, 0, extended)
                : new JobHeader(
                        job.clientId(),
                        job.round(),
                        job.device(),
                        slot.segment().handle(),
                        slot.index(),
                        extended);
    }

    /** Returns the job. The work is null for a client. */
    ClientJob job(String work) {
        return new ClientJob(id, round, device, work);
    }

    /**
     * Returns the slot for the client's result.
     *
     * @throws PackageFormatException if it has none
     */
    Slot slotIn(SegmentCache segments) {
        if (segment == null) {
            throw new PackageFormatException(
                    "job damaged: slot=none, client=" + id + ", expected=a slot for each client");
        }
        return new Slot(segments.openSlots(segment), slot);
    }

    void write(ByteBuffer out) {
        int extension = extended ? AreaLayout.JOB_EXTENDED : 0;
        int place = segment == null ? 0 : AreaLayout.JOB_HAS_SLOT;
        out.putInt(AreaLayout.JOB_CLIENT, id);
        out.putInt(AreaLayout.JOB_ROUND, round);
        out.putInt(AreaLayout.JOB_DEVICE, device.isCpu() ? AreaLayout.JOB_DEVICE_CPU : device.index());
        out.putInt(AreaLayout.JOB_FLAGS, extension | place);
        out.putInt(AreaLayout.JOB_SLOT, slot);
        if (segment != null) {
            SegmentTable.writeSegment(segment, out, AreaLayout.JOB_SEGMENT);
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
        int slot = in.getInt(AreaLayout.JOB_SLOT);
        boolean hasSlot = (flags & AreaLayout.JOB_HAS_SLOT) != 0;
        SegmentHandle segment = hasSlot ? SegmentTable.readSegment(in, AreaLayout.JOB_SEGMENT) : null;
        int limit = segment == null ? 1 : segment.slots();
        if (slot < 0 || slot >= limit) {
            throw new PackageFormatException("job damaged: slot=" + slot + ", limit=" + limit + " slots");
        }
        return new JobHeader(id, round, device, segment, slot, (flags & AreaLayout.JOB_EXTENDED) != 0);
    }

    private static Device device(int number) {
        if (number < AreaLayout.JOB_DEVICE_CPU) {
            throw new PackageFormatException(
                    "job damaged: device=" + number + ", limit=" + AreaLayout.JOB_DEVICE_CPU + " or more");
        }
        return number == AreaLayout.JOB_DEVICE_CPU ? Device.CPU : new Device("cuda", number);
    }
}

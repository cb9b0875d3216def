package org.blazefl4j.process;

import java.nio.ByteBuffer;
import org.blazefl4j.binding.AreaLayout;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.core.Device;
import org.blazefl4j.shm.SegmentHandle;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.worker.ClientJob;

/**
 * What a worker is told of a job apart from its configuration. It has a place of its own in the header of the lane's
 * job area, for it is the same few numbers for each client.
 *
 * @param id the client, or the shard
 * @param round the round
 * @param device where it computes
 * @param segment the segment of its slot; null for a shard, which has none
 * @param slot which slot of the segment
 * @param extended whether a {@link JobPayload} lies behind the configuration
 */
record JobHeader(int id, int round, Device device, SegmentHandle segment, int slot, boolean extended) {

    /** The order for a job. */
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

    /** The job: a client's, or a shard's of the work with this name. */
    ClientJob job(String work) {
        return new ClientJob(id, round, device, work);
    }

    /**
     * Where the client's result goes.
     *
     * @throws PackageFormatException if it has no slot
     */
    Slot slotIn(SegmentCache segments) {
        if (segment == null) {
            throw new PackageFormatException("job damaged: slot=none, client=" + id + ", limit=a slot for each client");
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

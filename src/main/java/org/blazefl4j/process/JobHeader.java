package org.blazefl4j.process;

import java.nio.ByteBuffer;
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

    /** Where it lies in the area. */
    static final int OFFSET = 64;

    static final int BYTES = 64;

    private static final int CPU = -2;
    private static final int EXTENDED = 1;
    private static final int HAS_SLOT = 2;

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
    Slot slotIn(SegmentSource segments) {
        if (segment == null) {
            throw new PackageFormatException("job damaged: slot=none, client=" + id + ", limit=a slot for each client");
        }
        return new Slot(segments.open(segment), slot);
    }

    void write(ByteBuffer out) {
        out.putInt(id).putInt(round).putInt(device.isCpu() ? CPU : device.index());
        out.putInt((extended ? EXTENDED : 0) | (segment == null ? 0 : HAS_SLOT)).putInt(slot);
        if (segment != null) {
            SegmentTable.writeSegment(segment, out);
        }
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws PackageFormatException if it is damaged
     */
    static JobHeader read(ByteBuffer in) {
        int id = in.getInt();
        int round = in.getInt();
        Device device = device(in.getInt());
        int kind = in.getInt();
        int slot = in.getInt();
        SegmentHandle segment = (kind & HAS_SLOT) == 0 ? null : SegmentTable.readSegment(in);
        int limit = segment == null ? 1 : segment.slots();
        if (slot < 0 || slot >= limit) {
            throw new PackageFormatException("job damaged: slot=" + slot + ", limit=" + limit + " slots");
        }
        return new JobHeader(id, round, device, segment, slot, (kind & EXTENDED) != 0);
    }

    private static Device device(int number) {
        if (number < CPU) {
            throw new PackageFormatException("job damaged: device=" + number + ", limit=" + CPU + " or more");
        }
        return number == CPU ? Device.CPU : new Device("cuda", number);
    }
}

package org.blazefl4j.cuda;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Identifies a {@link DeviceSegment} to other processes, which open it by this handle.
 *
 * @param pid the process that owns the segment
 * @param device the index of the device
 * @param slotBytes the length of each slot, a multiple of {@value DeviceSegment#SLOT_ALIGNMENT}
 * @param generation a number unique among the segments of the owner
 * @param memory what CUDA calls the memory, {@value #MEMORY_BYTES} bytes; not to be changed
 */
public record DeviceHandle(int pid, int device, int slots, long slotBytes, long generation, byte[] memory) {

    /** The length of CUDA's own handle. */
    public static final int MEMORY_BYTES = 64;

    /** The most slots that the native registry counts. */
    private static final int MAX_SLOTS = 1 << 20;

    private static final int NUMBER_BYTES = 3 * Integer.BYTES + 2 * Long.BYTES;

    /** Checks the components, which may come from a damaged message. */
    public DeviceHandle {
        boolean aligned = slotBytes > 0 && slotBytes % DeviceSegment.SLOT_ALIGNMENT == 0;
        if (pid < 1 || device < 0 || memory.length != MEMORY_BYTES) {
            throw new IllegalArgumentException("device handle: pid=" + pid + ", device=" + device + ", bytes="
                    + memory.length + ", expected=pid of 1 or more, device of 0 or more, " + MEMORY_BYTES
                    + " bytes; the message is damaged");
        }
        if (slots < 1 || slots > MAX_SLOTS || !aligned || slotBytes > Long.MAX_VALUE / slots) {
            throw new IllegalArgumentException("device handle: slots=" + slots + ", slotBytes=" + slotBytes
                    + ", limit=1 to " + MAX_SLOTS + " slots of a multiple of " + DeviceSegment.SLOT_ALIGNMENT
                    + " bytes, less than 2^63 bytes in all; the message is damaged");
        }
    }

    public long bytes() {
        return slots * slotBytes;
    }

    /** Returns a sum of all components: CUDA does not tell the length of what it opens. */
    public int checksum() {
        ByteBuffer numbers = ByteBuffer.allocate(NUMBER_BYTES);
        numbers.putInt(pid).putInt(device).putInt(slots).putLong(slotBytes).putLong(generation);
        CRC32C sum = new CRC32C();
        sum.update(numbers.flip());
        sum.update(memory);
        return (int) sum.getValue();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DeviceHandle that
                && pid == that.pid
                && device == that.device
                && slots == that.slots
                && slotBytes == that.slotBytes
                && generation == that.generation
                && Arrays.equals(memory, that.memory);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(generation) * 31 + pid;
    }

    @Override
    public String toString() {
        return "DeviceHandle[pid=" + pid + ", device=" + device + ", slots=" + slots + ", slotBytes=" + slotBytes
                + ", generation=" + generation + "]";
    }
}

package org.blazefl4j.process;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;
import org.bytedeco.pytorch.Tensor;

/**
 * Finds clients that write to what is read-only: the payload and the shared tensors. It reads all of them before and
 * after each client, so it is off unless the system property {@code blazefl4j.checkPayload} is true; the parent then
 * also overwrites a round's message before the next one takes its place.
 */
final class PayloadCheck {

    static final String PROPERTY = "blazefl4j.checkPayload";
    static final boolean ON = Boolean.getBoolean(PROPERTY);

    private static final long MOST_BYTES = 1 << 30;

    private PayloadCheck() {}

    /** A number that changes when one of the tensors is written to; 0 where the check is off. */
    static long sum(List<Tensor> tensors) {
        if (!ON) {
            return 0;
        }
        CRC32C sum = new CRC32C();
        for (Tensor tensor : tensors) {
            update(sum, TensorMemory.address(tensor), tensor.nbytes());
        }
        return sum.getValue();
    }

    private static void update(CRC32C sum, long address, long bytes) {
        for (long done = 0; done < bytes; done += MOST_BYTES) {
            ByteBuffer part = SegmentMemory.view(address + done, (int) Math.min(MOST_BYTES, bytes - done));
            sum.update(part);
        }
    }

    /**
     * Compares with what it was before a client ran.
     *
     * @throws IllegalStateException if it is something else
     */
    static void requireSame(long before, List<Tensor> tensors, ClientJob job) {
        if (sum(tensors) != before) {
            throw new IllegalStateException("payload was written to: client=" + job.clientId() + ", round="
                    + job.round() + ", limit=read only, and shared by all clients; copy what is changed, or look at"
                    + " clients that ran at the same time");
        }
    }
}

package org.blazefl4j.worker;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.shm.SegmentMemory;
import org.blazefl4j.shm.TensorMemory;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Detects clients of this process that write to or close read-only tensors: those of the payload, shared tensors, and
 * those of the configuration, such as data sets. Reads all of them before and after each client, so it is off unless
 * the system property {@code blazefl4j.checkPayload} is true. Worker processes cannot write to these tensors, except to
 * those on devices, of which nothing is checked there. With the property set, the parent of a pool overwrites the
 * message of a round before it sends the next.
 */
public final class PayloadCheck implements ClientGuard {

    public static final String PROPERTY = "blazefl4j.checkPayload";
    public static final boolean ON = Boolean.getBoolean(PROPERTY);

    private static final long MOST_BYTES = 1 << 30;

    /** Represents a tensor without readable elements: closed, undefined or sparse. */
    private static final int NOTHING_TO_READ = 1;

    private final List<Tensor> tensors = new ArrayList<>();
    private long before;

    /** Creates the check of one client, which does nothing while checks are off. */
    PayloadCheck(@Nullable Object payload, @Nullable Object config, Map<String, Tensor> shared) {
        if (ON) {
            tensors.addAll(shared.values());
            TensorWalk.tensors(payload).forEach(found -> tensors.add(found.tensor()));
            TensorWalk.tensors(config).forEach(found -> tensors.add(found.tensor()));
        }
    }

    @Override
    public void begin(ClientJob job) {
        before = sum();
    }

    @Override
    public void end(ClientJob job, @Nullable Throwable thrown) {
        if (sum() != before) {
            throw new ContractViolationException(
                    "payload or data were written to: " + job.name() + ", round=" + (job.round() + 1)
                            + ", expected=no writes to what all " + job.noun() + "s share; change a copy, or check "
                            + job.noun() + "s that ran at the same time",
                    thrown);
        }
    }

    private long sum() {
        if (tensors.isEmpty()) {
            return 0;
        }
        CRC32C sum = new CRC32C();
        for (Tensor tensor : tensors) {
            try (PointerScope scope = new PointerScope()) {
                add(tensor, sum);
            }
        }
        return sum.getValue();
    }

    private static void add(Tensor tensor, CRC32C sum) {
        boolean readable = !tensor.isNull() && tensor.defined() && tensor.has_storage() && !tensor.is_nested();
        if (!readable) {
            sum.update(NOTHING_TO_READ);
        } else if (tensor.is_cpu() && tensor.is_non_overlapping_and_dense()) {
            add(TensorMemory.address(tensor), tensor.nbytes(), sum);
        } else {
            Tensor copy = tensor.detach().cpu().contiguous();
            add(TensorMemory.address(copy), copy.nbytes(), sum);
        }
    }

    private static void add(long address, long bytes, CRC32C sum) {
        for (long done = 0; done < bytes; done += MOST_BYTES) {
            sum.update(SegmentMemory.view(address + done, (int) Math.min(MOST_BYTES, bytes - done)));
        }
    }
}

package org.blazefl4j.worker;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.zip.CRC32C;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.shm.SegmentMemory;
import org.blazefl4j.shm.TensorMemory;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Detects clients of this process that write to or close read-only tensors: those of the payload, shared tensors, and
 * those of the configuration, such as data sets. Reads all of them before and after each client, so it is off unless
 * the system property {@code blazefl4j.checkPayload} is true. Worker processes cannot write to these tensors. With the
 * property set, the parent of a pool overwrites the message of a round before it sends the next.
 */
public final class PayloadCheck {

    public static final String PROPERTY = "blazefl4j.checkPayload";
    public static final boolean ON = Boolean.getBoolean(PROPERTY);

    private static final long MOST_BYTES = 1 << 30;

    /** Represents a tensor without readable elements: closed, undefined or sparse. */
    private static final int NOTHING_TO_READ = 1;

    private static final PayloadCheck OFF = new PayloadCheck(List.of());

    private final List<Tensor> tensors;
    private final long before;

    private PayloadCheck(List<Tensor> tensors) {
        this.tensors = tensors;
        this.before = sum();
    }

    /** Starts the check of a client. */
    static PayloadCheck begin(Object payload, Object config, Map<String, Tensor> shared) {
        if (!ON) {
            return OFF;
        }
        List<Tensor> tensors = new ArrayList<>(shared.values());
        TensorWalk.tensors(payload).forEach(found -> tensors.add(found.tensor()));
        TensorWalk.tensors(config).forEach(found -> tensors.add(found.tensor()));
        return new PayloadCheck(tensors);
    }

    /**
     * Runs a client and compares the tensors, also if the client fails.
     *
     * @throws ContractViolationException if a tensor has changed
     */
    <T> T during(ClientJob job, Callable<T> client) throws Exception {
        T result;
        try {
            result = client.call();
        } catch (Throwable thrown) {
            requireSame(job, thrown);
            throw thrown;
        }
        requireSame(job, null);
        return result;
    }

    private void requireSame(ClientJob job, Throwable thrown) {
        if (sum() != before) {
            throw new ContractViolationException(
                    "payload or data were written to: " + job.name() + ", round=" + (job.round() + 1)
                            + ", expected=no writes to what all " + job.noun()
                            + "s share; change a copy, or check "
                            + job.noun() + "s that ran at the same time",
                    thrown);
        }
    }

    private long sum() {
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
            ByteBuffer part = SegmentMemory.view(address + done, (int) Math.min(MOST_BYTES, bytes - done));
            sum.update(part);
        }
    }
}

package org.blazefl4j.cuda;

import java.util.Optional;
import java.util.concurrent.Callable;
import org.blazefl4j.cuda.DeviceCopies.Found;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader.Epoch;
import org.blazefl4j.data.Dataset.Rows;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Reads a worker's batches onto devices. Data sets that can be read in place, and fit, are copied there once; then a
 * batch takes the positions of its samples alone, which are drawn on the CPU. Others are read on the CPU, and copied
 * through page-locked memory while the device computes. The batches are the same.
 *
 * <p>All workers of this process read the same copies.
 */
public final class DeviceData implements AutoCloseable {

    private static final ThreadLocal<@Nullable DeviceData> CURRENT = new ThreadLocal<>();

    private final DeviceMemory memory;
    private final DeviceCopies copies;
    private final double share;

    /**
     * Creates a worker's reader.
     *
     * @param share the most of a device's free memory that data sets may take there, from 0 to 1
     */
    DeviceData(double share) {
        this(DeviceMemory.CUDA, OfThisProcess.COPIES, share);
    }

    DeviceData(DeviceMemory memory, DeviceCopies copies, double share) {
        this.memory = memory;
        this.copies = copies;
        this.share = share;
    }

    private static final class OfThisProcess {
        static final DeviceCopies COPIES = new DeviceCopies(DeviceMemory.CUDA);
    }

    /** Returns the reader of the client that the calling thread runs, if it runs one on a device. */
    public static @Nullable DeviceData current() {
        return CURRENT.get();
    }

    /**
     * Calls a client that reads by this.
     *
     * @throws Exception what the client threw
     */
    <T> T during(Callable<T> client) throws Exception {
        CURRENT.set(this);
        try {
            return client.call();
        } finally {
            CURRENT.remove();
        }
    }

    /** Reads the next batch of an epoch onto a device, as the epoch would on the CPU; the caller closes it. */
    public Batch next(Epoch epoch, String device) {
        Optional<Rows> rows = share > 0 ? epoch.dataset().inPlace() : Optional.empty();
        Found found = rows.isPresent() ? copies.find(rows.get(), device, share, this) : null;
        return found == null ? sent(epoch.next(), device) : gathered(rows.get(), found, epoch, device);
    }

    private Batch gathered(Rows rows, Found found, Epoch epoch, String device) {
        long[] samples = rows.at(epoch.nextPositions(1).samples());
        try (Tensor here = Tensors.of(samples);
                Tensor there = memory.send(here, device)) {
            return new Batch(found.x().index_select(0, there), found.y().index_select(0, there));
        }
    }

    private Batch sent(Batch batch, String device) {
        try (batch) {
            Tensor y = batch.y();
            return new Batch(memory.send(batch.x(), device), y == null ? null : memory.send(y, device));
        }
    }

    /** Frees the copies that no other worker of this process reads. */
    @Override
    public void close() {
        copies.release(this);
    }
}

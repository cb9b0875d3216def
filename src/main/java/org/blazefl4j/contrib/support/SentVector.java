package org.blazefl4j.contrib.support;

import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.cuda.NoDeviceMemoryException;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A vector that a server sends to its clients, and the one of the next round, which is another tensor because clients
 * may still read the first. Owns both. Used by one thread at a time.
 */
public final class SentVector implements AutoCloseable {

    private final LentTensors lent = new LentTensors();
    private Tensor current;
    private Tensor next;

    /**
     * Begins with a vector.
     *
     * @param first this object then owns it
     */
    public SentVector(Tensor first) {
        this.current = first.retainReference();
        this.next = first.clone().retainReference();
    }

    /** Returns the vector. */
    public Tensor current() {
        return current;
    }

    /** Returns the tensor to write the next vector to, at first a copy of the first. */
    public Tensor next() {
        return next;
    }

    /**
     * Returns the tensor to write the next vector to, with undefined contents, on a device.
     *
     * @param device the index of a CUDA device; -1, as where it has no memory, for the CPU
     */
    public Tensor next(int device) {
        Tensor before = next;
        if (DeviceSegment.deviceOf(before) != device) {
            next = on(device);
        }
        if (next != before) {
            before.close();
        }
        return next;
    }

    private Tensor on(int device) {
        if (device >= 0) {
            try {
                return DeviceSegment.vector(device, next.numel()).retainReference();
            } catch (NoDeviceMemoryException full) {
                return next;
            }
        }
        return torch.empty(next.numel()).retainReference();
    }

    /** Returns a reference to the vector for a package, which the receiver may close but need not. */
    public Tensor lend() {
        return lend(current);
    }

    /** Returns a reference to another tensor in its place. */
    public Tensor lend(Tensor other) {
        return lent.lend(other);
    }

    /** Makes what was written to {@link #next()} the vector. */
    public void advance() {
        Tensor sent = current;
        current = next;
        next = sent;
        lent.advance();
    }

    @Override
    public void close() {
        lent.close();
        current.close();
        next.close();
    }
}

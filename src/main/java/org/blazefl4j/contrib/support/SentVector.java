package org.blazefl4j.contrib.support;

import org.bytedeco.pytorch.Tensor;

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

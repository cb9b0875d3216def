package org.blazefl4j.worker;

import java.util.function.Supplier;
import org.blazefl4j.binding.Retained;
import org.blazefl4j.codec.PackageBytes;
import org.bytedeco.pytorch.Tensor;

/**
 * What one attempt to train a client has beside its package: the state that it starts from, the one that it leaves, and
 * whether its result is finite. States are bytes of {@link PackageBytes} in every execution mode, so that what a client
 * is given never shares memory with what is stored. Used by one thread at a time.
 */
public final class ClientState implements AutoCloseable {

    private final Supplier<Tensor> committed;
    private Tensor kept;
    private boolean finite = true;

    /**
     * Begins an attempt.
     *
     * @param committed gives the bytes to start from, which then belong to this object, or null where there is no
     *     state; called only when the client asks
     */
    public ClientState(Supplier<Tensor> committed) {
        this.committed = committed;
    }

    /**
     * Decodes the state to start from; null if there is none. The caller owns its tensors.
     *
     * @param type its class; Object if that is not known
     */
    Object decode(ClassLoader loader, Class<?> type) {
        Tensor bytes = Retained.free(committed);
        if (bytes == null) {
            return null;
        }
        try (bytes) {
            return type == Object.class
                    ? PackageBytes.decode(bytes, loader)
                    : PackageBytes.decodeDeclared(bytes, loader, type);
        }
    }

    /** Encodes the state to leave, in place of one that was left before. */
    void keep(Object state) {
        Tensor encoded = Retained.free(() -> PackageBytes.encode(state));
        close();
        kept = encoded;
    }

    /** The bytes of the state to leave; null if there is none. They stay this object's. */
    public Tensor kept() {
        return kept;
    }

    /** Notes that the attempt's package holds NaN or an infinity. */
    void noteNonFinite() {
        finite = false;
    }

    /** Whether the attempt's package is finite, as far as it was looked at. */
    public boolean isFinite() {
        return finite;
    }

    /** Gives the bytes of the state to leave to the caller; null if there is none. */
    public Tensor takeKept() {
        Tensor taken = kept;
        kept = null;
        return taken;
    }

    /** Frees the state to leave if nobody took it. */
    @Override
    public void close() {
        if (kept != null) {
            kept.close();
            kept = null;
        }
    }
}

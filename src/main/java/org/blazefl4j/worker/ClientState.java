package org.blazefl4j.worker;

import java.util.function.Supplier;
import org.blazefl4j.binding.Retained;
import org.blazefl4j.codec.PackageBytes;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The state of one attempt to train a client: the state that it starts from, the state that it keeps, and whether its
 * result is finite. States are bytes of {@link PackageBytes} in every execution mode, so a client never shares memory
 * with stored states. For one thread at a time.
 */
public final class ClientState implements AutoCloseable {

    private final Supplier<? extends @Nullable Tensor> committed;
    private @Nullable Tensor kept;
    private boolean finite = true;

    /**
     * Begins an attempt.
     *
     * @param committed returns the encoded state to start from, if there is one, which this object then owns; called
     *     when the client asks for it
     */
    public ClientState(Supplier<? extends @Nullable Tensor> committed) {
        this.committed = committed;
    }

    /**
     * Decodes the state to start from, if there is one. The caller owns its tensors.
     *
     * @param type the class of the state, or Object if unknown
     */
    @Nullable
    Object decode(ClassLoader loader, Class<?> type) {
        Tensor bytes = Retained.free(committed);
        if (bytes == null) {
            return null;
        }
        try (bytes) {
            return PackageBytes.decode(bytes, loader, type == Object.class ? null : type);
        }
    }

    /** Encodes the state to keep, in place of an earlier one. */
    void keep(Object state) {
        Tensor encoded = Retained.free(() -> PackageBytes.encode(state));
        close();
        kept = encoded;
    }

    /** Returns the encoded state to keep, if there is one. This object still owns it. */
    public @Nullable Tensor kept() {
        return kept;
    }

    /** Records that the package contains NaN or an infinity. */
    void noteNonFinite() {
        finite = false;
    }

    /** Returns whether the package is finite, as far as it was checked. */
    public boolean isFinite() {
        return finite;
    }

    /** Passes the encoded state to the caller, which then owns it. Null if there is none. */
    public @Nullable Tensor takeKept() {
        Tensor taken = kept;
        kept = null;
        return taken;
    }

    /** Closes the encoded state unless it was taken. */
    @Override
    public void close() {
        if (kept != null) {
            kept.close();
            kept = null;
        }
    }
}

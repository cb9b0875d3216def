package org.blazefl4j.torch;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Where a module's float32 tensors are: in memory of their own, or views of one vector, which may use the memory of
 * another. Callers have checked vectors.
 */
final class ModuleMemory implements AutoCloseable {

    private final ModuleState state;
    /** The vector that the module is bound to. */
    private @Nullable Tensor bound;
    /** The module's private memory, once it has been bound; null before. */
    private @Nullable Tensor own;
    /** The memory that {@link #bound} uses instead of its own. */
    private @Nullable BorrowedMemory borrowed;

    ModuleMemory(ModuleState state) {
        this.state = state;
    }

    boolean isBound() {
        return bound != null;
    }

    /** Returns the vector that the module is bound to. */
    Tensor vector(String what) {
        if (bound == null) {
            throw new IllegalStateException(what + ": bound=false; call bind(flat) first");
        }
        return bound;
    }

    /** Makes the tensors views of a vector, whose memory is referenced. */
    void bind(Tensor flat) {
        Tensor previous = bound;
        try (PointerScope scope = new PointerScope()) {
            bound = new Tensor(flat).retainReference();
        }
        state.viewIn(bound);
        if (previous != null) {
            previous.close();
        }
    }

    /** Makes the vector use the memory of another one, which is not referenced. */
    void borrow(Tensor flat) {
        Tensor vector = vector("borrow");
        if (borrowed != null || vector.storage_offset() != 0) {
            throw new IllegalStateException("borrow: borrowed=" + (borrowed != null) + ", offset="
                    + vector.storage_offset()
                    + ", expected=borrowed=false, offset=0; call giveBack() first, and bind to a"
                    + " tensor that is not part of another");
        }
        borrowed = new BorrowedMemory(vector, flat);
    }

    /** Ends {@link #borrow}. Safe to call twice. */
    void giveBack() {
        if (borrowed != null) {
            borrowed.close();
            borrowed = null;
        }
    }

    /** Gives the tensors their own memory again, with their present values. */
    void unbind() {
        Tensor vector = vector("unbind");
        if (own == null) {
            try (PointerScope scope = new PointerScope()) {
                own = state.newFlat().retainReference();
            }
        }
        copy(vector, own);
        state.viewIn(own);
        vector.close();
        bound = null;
    }

    static void copy(Tensor from, Tensor to) {
        try (NoGradGuard guard = new NoGradGuard();
                PointerScope scope = new PointerScope()) {
            to.copy_(from);
        }
    }

    @Override
    public void close() {
        if (own != null) {
            own.close();
        }
    }
}

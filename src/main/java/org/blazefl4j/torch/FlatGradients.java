package org.blazefl4j.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorImpl;

/**
 * The gradients of a module: views of one flat vector, laid out as its state, or tensors of their own, which autograd
 * hands over as it made them. In the vector, buffers and frozen parameters have zeros, so a step over all of it leaves
 * them as they are.
 */
final class FlatGradients implements AutoCloseable {

    /**
     * One parameter's gradient.
     *
     * @param entry the parameter
     * @param impl the parameter's identity in LibTorch, which carries autograd's version
     * @param grad the place in the parameter where autograd keeps its gradient
     * @param view what has to be there
     */
    private record Slot(StateEntry entry, TensorImpl impl, Tensor grad, Tensor view) {

        void place() {
            grad.put(view);
        }

        /** One parameter's part of a step; nothing if the loss does not depend on it. */
        void addToParameter(Scalar factor) {
            if (grad.defined()) {
                entry.tensor().add_(grad, factor);
            }
        }

        boolean isInPlace() {
            return grad.is_same(view) || grad.defined() && sameMemory();
        }

        private boolean sameMemory() {
            try (Pointer here = grad.data_ptr();
                    Pointer there = view.data_ptr()) {
                return here.address() == there.address() && grad.is_contiguous();
            }
        }
    }

    private final List<Slot> slots = new ArrayList<>();
    private Tensor flat;
    /** Whether gradients are tensors of their own. */
    private boolean loose;

    /** Finds the gradients of all trainable parameters their places in the flat vector, and lets go of them. */
    void attach(List<StateEntry> entries) {
        if (flat == null) {
            flat = StateEntry.newFlat(entries);
            flat.retainReference();
        }
        loose = true;
        for (StateEntry entry : entries) {
            if (entry.tensor().requires_grad()) {
                slots.add(attach(entry));
            }
        }
    }

    private Slot attach(StateEntry entry) {
        try (PointerScope scope = new PointerScope()) {
            Tensor view = entry.slice(flat);
            view.retainReference();
            Tensor grad = entry.tensor().mutable_grad();
            grad.reset();
            return new Slot(entry, entry.tensor().unsafeGetTensorImpl(), grad, view);
        }
    }

    /** Leaves the parameters without gradients. */
    void detach() {
        for (Slot slot : slots) {
            slot.grad.reset();
            slot.view.close();
        }
        slots.clear();
    }

    boolean isLoose() {
        return loose;
    }

    Tensor flat() {
        return flat;
    }

    /** Puts the gradients into the vector, all zero. */
    void zero() {
        held().zero_();
    }

    /** Puts the gradients into the vector, if they were let go; what it holds then is theirs. */
    Tensor held() {
        if (loose) {
            slots.forEach(Slot::place);
            loose = false;
        }
        return flat;
    }

    /** Leaves the parameters without gradients: autograd hands over those that it makes next. */
    void letGo() {
        for (Slot slot : slots) {
            slot.grad.reset();
        }
        loose = true;
    }

    /** Fails if a gradient was replaced, as {@code zero_grad(true)} does: a step would then miss it without a word. */
    void check() {
        for (Slot slot : slots) {
            if (!slot.isInPlace()) {
                throw new IllegalStateException("gradient is no longer in the flat vector: parameter="
                        + slot.entry.name() + "; while bound, zero gradients with zeroGradients(), not zero_grad()");
            }
        }
    }

    /** Adds {@code factor} times the gradients to {@code state}, and lets autograd know that parameters changed. */
    void addTo(Tensor state, Scalar factor) {
        if (loose) {
            try (NoGradGuard guard = new NoGradGuard()) {
                for (Slot slot : slots) {
                    slot.addToParameter(factor);
                }
            }
        } else {
            check();
            state.add_(flat, factor);
            markChanged();
        }
    }

    /** A write through the flat vector passes by the parameters' versions, which autograd checks in backward. */
    void markChanged() {
        for (Slot slot : slots) {
            slot.impl.bump_version();
        }
    }

    @Override
    public void close() {
        detach();
        if (flat != null) {
            flat.close();
        }
    }
}

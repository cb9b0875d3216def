package org.blazefl4j.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorImpl;

/**
 * The gradients of a module as views of one flat vector, laid out as its state. Buffers and frozen parameters have
 * zeros there, so a step over the whole vector leaves them as they are.
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

    /** Makes the gradients of all trainable parameters views of the flat vector, and zeroes them. */
    void attach(List<StateEntry> entries) {
        if (flat == null) {
            flat = StateEntry.newFlat(entries);
            flat.retainReference();
        }
        flat.zero_();
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
            grad.put(view);
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

    Tensor flat() {
        return flat;
    }

    void zero() {
        flat.zero_();
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
        state.add_(flat, factor);
        markChanged();
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

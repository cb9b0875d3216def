package org.blazefl4j.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.blazefl4j.binding.Native;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorImpl;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of a module, either views of one flat vector, laid out like its state, or separate tensors as autograd
 * creates them. In the vector, buffers and frozen parameters have zeros, so that a step over all of it does not change
 * them.
 */
final class FlatGradients implements AutoCloseable {

    /**
     * One parameter's gradient.
     *
     * @param entry the parameter
     * @param impl the parameter's LibTorch object, which holds autograd's version
     * @param grad the parameter's reference to its gradient, which autograd changes
     * @param view the gradient's place in the flat vector
     */
    private record Slot(StateEntry entry, TensorImpl impl, Tensor grad, Tensor view) {

        void place() {
            grad.put(view);
        }

        /** Adds {@code factor} times the gradient, if the loss depends on the parameter. */
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
    private @Nullable Tensor flat;
    /** The elements that no step changes, and the others. */
    private FlatRanges fixed = FlatRanges.NONE;

    private FlatRanges trained = FlatRanges.NONE;
    /** Whether gradients are separate tensors. */
    private boolean detached;

    /** Assigns the gradients of all trainable parameters their places in the flat vector, and {@link #drop}s them. */
    void attach(ModuleState state) {
        if (flat == null) {
            flat = state.newFlat();
            flat.retainReference();
        }
        detached = true;
        fixed = state.ranges(entry -> !entry.tensor().requires_grad());
        trained = state.ranges(entry -> entry.tensor().requires_grad());
        for (StateEntry entry : state.entries()) {
            if (entry.tensor().requires_grad()) {
                slots.add(attach(entry));
            }
        }
    }

    private Slot attach(StateEntry entry) {
        try (PointerScope scope = new PointerScope()) {
            Tensor view = entry.slice(flat());
            view.retainReference();
            Tensor grad = entry.tensor().mutable_grad();
            grad.reset();
            return new Slot(entry, entry.tensor().unsafeGetTensorImpl(), grad, view);
        }
    }

    /** Removes the gradients and forgets the parameters. */
    void clear() {
        for (Slot slot : slots) {
            slot.grad.reset();
            slot.view.close();
        }
        slots.clear();
    }

    /** The vector, once gradients have places in it. */
    Tensor flat() {
        return Objects.requireNonNull(flat, "attached");
    }

    /** Fails if gradients were dropped and not put back. */
    void requireInVector(String what) {
        if (detached) {
            throw new IllegalStateException(what
                    + ": gradients=dropped, expected=in the flat vector; begin the step with zeroGradients() instead of"
                    + " dropGradients()");
        }
    }

    /** Puts the gradients into the vector, all zero. */
    void zero() {
        inVector().zero_();
    }

    /**
     * Puts the gradients into the vector: {@code constant + pull * (vector - anchor)}, and zeros at buffers and frozen
     * parameters.
     *
     * @param constant zero at buffers and frozen parameters; null for zeros
     */
    void start(@Nullable Tensor constant, double pull, Tensor vector, Tensor anchor) {
        Tensor target = inVector();
        fixed.zero(target);
        for (FlatRanges.Range range : trained.ranges()) {
            pull(target, range, constant, pull, vector, anchor);
        }
    }

    private static void pull(
            Tensor target,
            FlatRanges.Range range,
            @Nullable Tensor constant,
            double pull,
            Tensor vector,
            Tensor anchor) {
        if (vector.is_cpu()) {
            Native.pullF32(
                    address(target, range),
                    constant == null ? 0 : address(constant, range),
                    pull,
                    address(vector, range),
                    address(anchor, range),
                    range.numel());
            return;
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor term = range.of(vector).sub(range.of(anchor)).mul_(new Scalar(pull));
            range.of(target).copy_(constant == null ? term : term.add_(range.of(constant)));
        }
    }

    private static long address(Tensor flat, FlatRanges.Range range) {
        try (Pointer data = flat.data_ptr()) {
            return data.address() + range.from() * Float.BYTES;
        }
    }

    /** Puts the gradients into the vector if they were dropped; they then have its present values. */
    Tensor inVector() {
        if (detached) {
            slots.forEach(Slot::place);
            detached = false;
        }
        return flat();
    }

    /** Returns whether gradients are separate tensors, or none. */
    boolean areDropped() {
        return detached;
    }

    /**
     * Copies gradients that autograd created to their places in the vector, and puts them there. Does nothing if they
     * are there.
     *
     * @return false if a parameter has none; then all stay as they are
     */
    boolean collect() {
        if (detached) {
            if (!slots.stream().allMatch(slot -> slot.grad.defined())) {
                return false;
            }
            try (NoGradGuard guard = new NoGradGuard()) {
                slots.forEach(slot -> slot.view.copy_(slot.grad));
            }
            inVector();
        }
        return true;
    }

    /** Removes the gradients from the parameters; autograd's next ones are separate tensors. */
    void drop() {
        for (Slot slot : slots) {
            slot.grad.reset();
        }
        detached = true;
    }

    /** Fails if a gradient was replaced, for example by {@code zero_grad(true)}: a step would silently miss it. */
    void check() {
        for (Slot slot : slots) {
            if (!slot.isInPlace()) {
                throw new IllegalStateException("gradient is no longer in the flat vector: parameter="
                        + slot.entry.name() + "; while bound, zero gradients with zeroGradients(), not zero_grad()");
            }
        }
    }

    /**
     * Calls a function with each parameter that the loss depends on, and its gradient.
     *
     * @throws IllegalStateException if a gradient was replaced
     */
    void forEach(BiConsumer<StateEntry, Tensor> each) {
        if (!detached) {
            check();
        }
        for (Slot slot : slots) {
            if (slot.grad.defined()) {
                each.accept(slot.entry, slot.grad);
            }
        }
    }

    /** Adds {@code factor} times the gradients to {@code state}, and tells autograd that parameters changed. */
    void addTo(Tensor state, Scalar factor) {
        if (detached) {
            try (NoGradGuard guard = new NoGradGuard()) {
                for (Slot slot : slots) {
                    slot.addToParameter(factor);
                }
            }
        } else {
            check();
            state.add_(flat(), factor);
            markChanged();
        }
    }

    /** Increments the parameters' versions, which autograd checks in backward: a write to the vector bypasses them. */
    void markChanged() {
        for (Slot slot : slots) {
            slot.impl.bump_version();
        }
    }

    @Override
    public void close() {
        clear();
        if (flat != null) {
            flat.close();
        }
    }
}

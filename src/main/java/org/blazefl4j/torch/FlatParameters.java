package org.blazefl4j.torch;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A module's whole state as one flat float32 vector, in the order and by the names of PyTorch's {@code state_dict}:
 * parameters and buffers, including running statistics and integer counters, each in logical (NCHW) order.
 *
 * <p>Copying: {@link #flatten()} and {@link #load} copy, so a loaded vector stays unchanged while the module trains.
 * Counters are rounded to integers; above 2<sup>24</sup> float32 cannot represent each of them.
 *
 * <p>Training in the vector: {@link #bind} makes the module's float32 tensors views of a vector, its gradients views of
 * a second one, and a step of SGD one addition. If nothing needs the gradients as one vector, {@link #dropGradients()}
 * in place of {@link #zeroGradients()} uses them as autograd creates them, which saves passes over memory (a twelfth of
 * the step of a ResNet-18) and gives the same bits.
 *
 * <pre>{@code
 * flat.copy_(payload);
 * parameters.bind(flat);
 * for (Batch batch : loader) {
 *     try (PointerScope scope = new PointerScope()) {
 *         parameters.dropGradients();
 *         torch.cross_entropy(model.forward(batch.x()), batch.y()).backward();
 *         parameters.sgdStep(0.1);
 *     }
 * }
 * parameters.writeBuffers();
 * parameters.unbind();
 * }</pre>
 *
 * <p>While bound: begin steps with {@link #zeroGradients()} or {@link #dropGradients()}, because the module's
 * {@code zero_grad()} drops their views; do not move the module to another device, dtype or memory format; and do not
 * write to the vector except through this class between forward and backward, because autograd does not notice.
 *
 * <p>Not thread-safe. Holds references to the module's tensors until {@link #close()}, after which the module is still
 * usable. Methods throw an {@link IllegalArgumentException} if a vector is not float32 of shape [{@link #numel()}], and
 * an {@link IllegalStateException} if they need a bound module and it is not bound.
 */
public final class FlatParameters implements AutoCloseable {

    private final ModuleState state;
    private final FlatGradients gradients = new FlatGradients();
    private final ModuleMemory memory;
    private boolean closed;

    private FlatParameters(ModuleState state) {
        this.state = state;
        this.memory = new ModuleMemory(state);
    }

    /**
     * Flattens the state of a module, as it is registered now.
     *
     * @param module remains the caller's
     * @throws IllegalArgumentException if the module has no state, or a tensor of it is registered under two names or
     *     is neither float32 nor integer
     */
    public static FlatParameters of(Module module) {
        LibTorch.load();
        return new FlatParameters(new ModuleState(module));
    }

    /** The names, in the order of the vector. */
    public List<String> names() {
        return state.entries().stream().map(StateEntry::name).toList();
    }

    /** The module's tensors by name, in the order of the vector; owned by this object. */
    public Map<String, Tensor> tensors() {
        checkOpen();
        return state.tensors();
    }

    /** The length of the vector. */
    public long numel() {
        return state.numel();
    }

    /** Copies the state to a new float32 tensor, shape [{@link #numel()}], on the module's device. */
    public Tensor flatten() {
        checkOpen();
        Tensor out = state.newFlat();
        flatten(out);
        return out;
    }

    /** Copies the state to {@code out}. */
    public void flatten(Tensor out) {
        checkFlat("flatten", out);
        if (memory.isBound()) {
            ModuleMemory.copy(memory.vector("flatten"), out);
            state.copyCountersTo(out);
        } else {
            state.copyTo(out);
        }
    }

    /**
     * Copies a vector to the module, or to the vector that it is bound to.
     *
     * @param flat remains the caller's and unchanged
     * @throws IllegalArgumentException also if a counter in {@code flat} is not finite
     */
    public void load(Tensor flat) {
        checkFlat("load", flat);
        state.copyCountersFrom(flat);
        if (memory.isBound()) {
            ModuleMemory.copy(flat, memory.vector("load"));
            gradients.markChanged();
        } else {
            state.copyFloatsFrom(flat);
        }
    }

    /**
     * Makes the module's float32 tensors views of {@code flat}, with its values, and the gradients of its trainable
     * parameters views of {@link #gradients()}, zeroed. Copies counters from {@code flat}.
     *
     * @param flat contiguous, on the module's device; its memory is referenced until {@link #unbind()}, another
     *     {@code bind} or the module's end, even if the caller closes the tensor
     * @throws IllegalArgumentException also if a counter in {@code flat} is not finite
     * @throws IllegalStateException if a tensor of the module is not contiguous in logical order, for example in
     *     {@code channels_last}: such a module can be loaded, but not bound
     */
    public void bind(Tensor flat) {
        checkFlat("bind", flat);
        state.requireBindable(flat);
        state.copyCountersFrom(flat);
        bindTo(flat);
        gradients.zero();
    }

    private void bindTo(Tensor flat) {
        memory.bind(flat);
        gradients.clear();
        gradients.attach(state);
    }

    /**
     * Binds the module to a new vector that this object owns, without gradients, as after {@link #dropGradients()}. The
     * values are undefined until the next {@link #load}; counters keep theirs. On the CPU, neither this vector nor that
     * of the gradients takes memory before it is written to; so the module takes none of its own if it is used only in
     * {@linkplain #borrow borrowed} memory and its gradients are dropped at each step.
     *
     * @throws IllegalStateException if the module's tensors are not contiguous
     */
    public void bindUndefined() {
        checkOpen();
        try (Tensor flat = state.newFlat()) {
            state.requireBindable(flat);
            bindTo(flat);
        }
    }

    /**
     * Makes the vector that the module is bound to use the memory of {@code flat} until {@link #giveBack()}: the module
     * is then loaded and trained in {@code flat}, without a copy. The module first has the values of {@code flat};
     * counters keep theirs.
     *
     * <pre>{@code
     * parameters.borrow(result);
     * try {
     *     parameters.load(payload);
     *     ... // train
     *     parameters.writeBuffers();
     * } finally {
     *     parameters.giveBack(); // the model is in result
     * }
     * }</pre>
     *
     * @param flat contiguous, on the module's device; not referenced, so it must not be freed before
     *     {@link #giveBack()}, which must precede another {@code bind} or {@code unbind}
     * @throws IllegalStateException also if the module is bound to a part of a larger tensor, or already borrows
     */
    public void borrow(Tensor flat) {
        requireBound("borrow");
        checkFlat("borrow", flat);
        state.requireInPlace("borrow", flat);
        memory.borrow(flat);
        gradients.markChanged();
    }

    /** Ends {@link #borrow}: the vector has its own memory again, with the values that it had. Safe to call twice. */
    public void giveBack() {
        memory.giveBack();
    }

    /** Whether the module is bound to a vector. */
    public boolean isBound() {
        return memory.isBound();
    }

    /**
     * Gives the module its own memory again, with its present values and no gradients. Neither this object nor the
     * module then refers to the vector. Does nothing if the module is not bound.
     */
    public void unbind() {
        if (memory.isBound()) {
            memory.unbind();
            gradients.clear();
        }
    }

    /**
     * Returns the vector that the module is bound to: float32, shape [{@link #numel()}]. Owned by this object.
     *
     * @throws IllegalStateException if the module is not bound
     */
    public Tensor vector() {
        return requireBound("vector");
    }

    /**
     * Returns the flat gradient of a bound module: float32, shape [{@link #numel()}], zero at buffers and frozen
     * parameters. Owned by this object.
     *
     * @throws IllegalStateException also after {@link #dropGradients()}
     */
    public Tensor gradients() {
        requireBound("gradients");
        gradients.requireInVector("gradients");
        return gradients.flat();
    }

    /**
     * Removes the gradients of the bound module. The next {@code backward()} sets new ones instead of adding to zeros;
     * they are not in {@link #gradients()} until {@link #zeroGradients()} or {@link #startGradients}.
     */
    public void dropGradients() {
        requireBound("dropGradients");
        gradients.drop();
    }

    /** Returns whether the gradients of the bound module were dropped, and are not in {@link #gradients()}. */
    public boolean areGradientsDropped() {
        requireBound("areGradientsDropped");
        return gradients.areDropped();
    }

    /**
     * Copies the gradients that {@code backward()} set after {@link #dropGradients()} to {@link #gradients()}, and
     * continues there as after {@link #zeroGradients()}. Leaves the elements of buffers and frozen parameters as they
     * are: call {@code zeroGradients()} first. Does nothing if gradients were not dropped.
     *
     * @return false if the loss does not depend on a parameter; then nothing is changed
     */
    public boolean collectGradients() {
        requireBound("collectGradients");
        return gradients.collect();
    }

    /** Zeroes the gradients of the bound module in place. */
    public void zeroGradients() {
        requireBound("zeroGradients");
        gradients.zero();
    }

    /**
     * Copies a vector to the gradients of the bound module instead of zeroing them; {@code backward()} adds to it. So a
     * term in addition to the loss's gradient costs nothing.
     *
     * @param values zero where {@link #zeroFixed} zeroes; remains the caller's
     */
    public void startGradients(Tensor values) {
        requireBound("startGradients");
        checkFlat("startGradients", values);
        gradients.inVector().copy_(values);
    }

    /**
     * Writes {@code constant + pull * (state - anchor)} to the gradients of the bound module instead of zeroing them;
     * {@code backward()} adds to it. Buffers and frozen parameters have none of it.
     *
     * @param constant zero where {@link #zeroFixed} zeroes; null for zeros
     * @param anchor on the module's device, contiguous; not read if the pull is 0
     */
    public void startGradients(@Nullable Tensor constant, double pull, @Nullable Tensor anchor) {
        Tensor vector = requireBound("startGradients");
        if (pull == 0 && constant != null) {
            startGradients(constant);
        } else if (pull == 0 || anchor == null) {
            dropGradients();
        } else {
            checkFlat("startGradients", anchor);
            gradients.start(constant, pull, vector, anchor);
        }
    }

    /** Zeroes the elements of a vector that no step changes: buffers and frozen parameters. */
    public void zeroFixed(Tensor flat) {
        checkFlat("zeroFixed", flat);
        fixed().zero(flat);
    }

    /** Returns the elements that no step changes: buffers and frozen parameters. */
    public FlatRanges fixed() {
        return fixed(name -> false);
    }

    /** Returns the elements that no step changes, and those of the tensors with some names. */
    public FlatRanges fixed(Predicate<String> besides) {
        checkOpen();
        return state.ranges(entry -> !entry.tensor().requires_grad() || besides.test(entry.name()));
    }

    /** Returns the elements of the tensors with some names, such as {@code fc.weight}. */
    public FlatRanges named(Predicate<String> names) {
        checkOpen();
        return state.ranges(entry -> names.test(entry.name()));
    }

    /**
     * Takes one step of plain SGD on the bound module, {@code parameters -= rate * gradients}, as one addition, or one
     * per parameter after {@link #dropGradients()}. Does not change buffers.
     *
     * @param rate the learning rate, finite and not negative
     * @throws IllegalStateException also if a gradient was replaced, for example by {@code zero_grad()}
     */
    public void sgdStep(double rate) {
        Tensor vector = requireBound("sgdStep");
        checkRate("sgdStep", rate);
        try (Scalar factor = new Scalar(-rate)) {
            gradients.addTo(vector, factor);
        }
    }

    /**
     * Takes one step of SGD with PyTorch's momentum, without dampening, on the bound module: {@code velocity = momentum
     * * velocity + gradients; parameters -= rate * velocity}. Does not change buffers if the velocity is zero there, as
     * it is if only steps have changed it.
     *
     * @param rate the learning rate, finite and not negative
     * @param momentum in [0, 1)
     * @param velocity on the module's device, zeros before the first step; the caller keeps it from step to step
     * @throws IllegalStateException as for {@link #sgdStep(double)}, or if gradients were dropped
     */
    public void sgdStep(double rate, double momentum, Tensor velocity) {
        Tensor vector = requireBound("sgdStep");
        checkRate("sgdStep", rate);
        if (!(momentum >= 0 && momentum < 1)) {
            throw new IllegalArgumentException(
                    "sgdStep: momentum=" + momentum + ", limit=[0, 1); give a momentum below 1");
        }
        checkFlat("sgdStep", velocity);
        gradients.requireInVector("sgdStep");
        gradients.check();
        try (Scalar kept = new Scalar(momentum);
                Scalar factor = new Scalar(-rate)) {
            velocity.mul_(kept).add_(gradients.flat());
            vector.add_(velocity, factor);
            gradients.markChanged();
        }
    }

    static void checkRate(String what, double rate) {
        if (!(rate >= 0 && rate < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    what + ": rate=" + rate + ", limit=[0, infinity); give a finite learning rate");
        }
    }

    /** Returns the gradients of the bound module. */
    FlatGradients boundGradients(String what) {
        requireBound(what);
        return gradients;
    }

    /** Allocates a vector like the module's, on its device; contents undefined. */
    Tensor newVector() {
        checkOpen();
        return state.newFlat();
    }

    /** Copies the integer counters to the vector that the module is bound to; everything else is already there. */
    public void writeBuffers() {
        state.copyCountersTo(requireBound("writeBuffers"));
    }

    /** Unbinds and drops the references to the module's tensors. Safe to call twice. */
    @Override
    public void close() {
        unbind();
        closed = true;
        gradients.close();
        state.close();
        memory.close();
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException(
                    "flat parameters: closed=true; make new ones with FlatParameters.of(module)");
        }
    }

    private void checkFlat(String what, Tensor flat) {
        checkOpen();
        state.requireFlat(what, flat);
    }

    /** Returns the vector that the module is bound to. */
    private Tensor requireBound(String what) {
        checkOpen();
        return memory.vector(what);
    }
}

package org.blazefl4j.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A module's whole state as one flat float32 vector, in the order and by the names of PyTorch's {@code state_dict}:
 * parameters and buffers, running statistics and integer counters included, each in logical (NCHW) order.
 *
 * <p>Copying: {@link #flatten()} and {@link #load} copy, so a loaded vector stays unchanged while the module trains.
 * Counters are rounded, not cut, to integers; above 2<sup>24</sup> float32 no longer holds each of them.
 *
 * <p>Training in the vector: {@link #bind} makes the module's float32 tensors views of a vector, gradients views of a
 * second one, and a step of SGD one addition. Where nothing needs the gradients as one vector, {@link #dropGradients()}
 * in place of {@link #zeroGradients()} takes them as autograd makes them, which saves passes over memory: a twelfth of
 * the step of a ResNet-18. Same bits.
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
 * <p>While bound: begin steps with {@link #zeroGradients()} or {@link #dropGradients()}, for the module's
 * {@code zero_grad()} drops their views; do not move the module to another device, dtype or memory format; and write
 * nothing into the vector past this class between forward and backward, for autograd does not notice it.
 *
 * <p>Used by one thread at a time. Holds references to the module's tensors until {@link #close()}, after which the
 * module is still whole.
 */
public final class FlatParameters implements AutoCloseable {

    private final List<StateEntry> entries;
    private final List<StateEntry> counters;
    private final long numel;
    private final FlatGradients gradients = new FlatGradients();
    /** The vector that the module is bound to; null if none. */
    private Tensor bound;
    /** The module's private memory once it has been bound; null before. */
    private Tensor own;
    /** Whether {@link #bound} lies in another vector's memory. */
    private boolean borrowing;

    private boolean closed;

    private FlatParameters(List<StateEntry> entries) {
        this.entries = entries;
        this.counters = entries.stream().filter(e -> !e.floating()).toList();
        this.numel = entries.stream().mapToLong(StateEntry::numel).sum();
    }

    /**
     * The state of a module, as it is registered now.
     *
     * @param module stays the caller's
     * @throws IllegalArgumentException if there is no state, or a tensor of it is registered under two names or is
     *     neither float32 nor integer
     */
    public static FlatParameters of(Module module) {
        LibTorch.load();
        return new FlatParameters(StateEntry.of(module));
    }

    /** The names, in the order of the vector. */
    public List<String> names() {
        return entries.stream().map(StateEntry::name).toList();
    }

    /** The length of the vector. */
    public long numel() {
        return numel;
    }

    /** A copy of the state: a new float32 tensor, shape [{@link #numel()}], on the module's device. */
    public Tensor flatten() {
        checkOpen();
        Tensor out = StateEntry.newFlat(entries);
        flatten(out);
        return out;
    }

    /**
     * Copies the state.
     *
     * @param out float32, shape [{@link #numel()}]
     * @throws IllegalArgumentException if {@code out} has another dtype or shape
     */
    public void flatten(Tensor out) {
        checkFlat("flatten", out);
        try (NoGradGuard guard = new NoGradGuard();
                PointerScope scope = new PointerScope()) {
            if (bound != null) {
                out.copy_(bound);
            }
            for (StateEntry entry : bound == null ? entries : counters) {
                entry.slice(out).copy_(entry.tensor());
            }
        }
    }

    /**
     * Copies a vector into the module, or into the vector that it is bound to.
     *
     * @param flat float32, shape [{@link #numel()}]; stays the caller's and unchanged
     * @throws IllegalArgumentException if {@code flat} has another dtype or shape, or a counter in it is not finite
     */
    public void load(Tensor flat) {
        checkFlat("load", flat);
        try (NoGradGuard guard = new NoGradGuard();
                PointerScope scope = new PointerScope()) {
            readCounters(flat);
            if (bound != null) {
                bound.copy_(flat);
                gradients.markChanged();
                return;
            }
            for (StateEntry entry : entries) {
                if (entry.floating()) {
                    entry.tensor().copy_(entry.slice(flat));
                }
            }
        }
    }

    /**
     * Makes the module's float32 tensors views of {@code flat}, with the values that it holds, and the gradients of its
     * trainable parameters views of {@link #gradients()}, zeroed. Counters are copied out of {@code flat}.
     *
     * @param flat float32, contiguous, shape [{@link #numel()}], on the module's device; its memory is referenced until
     *     {@link #unbind()}, another {@code bind} or the module's end, even if the caller closes the tensor
     * @throws IllegalArgumentException if {@code flat} is not such a tensor or a counter in it is not finite
     * @throws IllegalStateException if a tensor of the module is not contiguous in logical order, in
     *     {@code channels_last} say: such a module can be loaded, but not bound
     */
    public void bind(Tensor flat) {
        checkFlat("bind", flat);
        checkBindable(flat);
        try (NoGradGuard guard = new NoGradGuard();
                PointerScope scope = new PointerScope()) {
            readCounters(flat);
        }
        bindTo(flat);
        gradients.zero();
    }

    private void bindTo(Tensor flat) {
        Tensor previous = bound;
        try (NoGradGuard guard = new NoGradGuard();
                PointerScope scope = new PointerScope()) {
            bound = new Tensor(flat);
            bound.retainReference();
            viewIn(bound);
        }
        gradients.detach();
        gradients.attach(entries);
        if (previous != null) {
            previous.close();
        }
    }

    /**
     * Makes the module's float32 tensors views of a new vector of this object's, without gradients, as after
     * {@link #dropGradients()}. Their values are undefined until the next {@link #load}; counters stay. On the CPU the
     * vector takes no memory before it is written to, and so none where the module is used in {@linkplain #borrow
     * borrowed} memory alone; nor does that of the gradients where they are dropped at each step.
     *
     * @throws IllegalStateException if the module's tensors are not contiguous
     */
    public void bindUndefined() {
        checkOpen();
        try (Tensor flat = StateEntry.newFlat(entries)) {
            checkBindable(flat);
            bindTo(flat);
        }
    }

    /**
     * Has the vector that the module is bound to, and so the module, lie in the memory of {@code flat} until the result
     * is closed: what is then loaded and trained is in {@code flat}, and was never copied. The values are first those
     * of {@code flat}; counters stay the module's.
     *
     * <pre>{@code
     * try (BorrowedMemory slot = parameters.borrow(result)) {
     *     parameters.load(payload);
     *     ... // train
     *     parameters.writeBuffers();
     * } // the model is in result
     * }</pre>
     *
     * @param flat float32, contiguous, shape [{@link #numel()}], on the module's device; it must not be freed before
     *     the close, for it is not referenced
     * @return closed by the caller, before this object and before another {@code bind} or {@code unbind}
     * @throws IllegalArgumentException if {@code flat} is not such a tensor
     * @throws IllegalStateException if the module is not bound, is bound to a part of a larger tensor, or borrows
     *     already
     */
    public BorrowedMemory borrow(Tensor flat) {
        checkBound("borrow");
        checkFlat("borrow", flat);
        checkPlace("borrow", flat);
        if (borrowing || bound.storage_offset() != 0) {
            throw new IllegalStateException("borrow: borrowed=" + borrowing + ", offset=" + bound.storage_offset()
                    + ", limit=one at a time, offset=0; close the last one, and bind to a tensor of its own");
        }
        BorrowedMemory memory = new BorrowedMemory(bound, flat, this::gaveBack);
        borrowing = true;
        gradients.markChanged();
        return memory;
    }

    private void gaveBack() {
        borrowing = false;
    }

    /** Whether the module is bound to a vector. */
    public boolean isBound() {
        return bound != null;
    }

    /**
     * Gives the module memory of its own again, with the values that it has, and no gradients. Nothing of this class or
     * of the module then refers to the vector. Does nothing if the module is not bound.
     */
    public void unbind() {
        if (bound == null) {
            return;
        }
        try (NoGradGuard guard = new NoGradGuard();
                PointerScope scope = new PointerScope()) {
            if (own == null) {
                own = StateEntry.newFlat(entries);
                own.retainReference();
            }
            own.copy_(bound);
            viewIn(own);
        }
        gradients.detach();
        bound.close();
        bound = null;
    }

    /**
     * The flat gradient while bound: float32, shape [{@link #numel()}], zero at buffers and frozen parameters. Owned by
     * this object.
     *
     * @throws IllegalStateException if the module is not bound, or since {@link #dropGradients()}
     */
    public Tensor gradients() {
        checkBound("gradients");
        checkHeld("gradients");
        return gradients.flat();
    }

    /**
     * Leaves the parameters without gradients. The next {@code backward()} hands over those that it makes, in place of
     * adding them to zeroes; they are not in {@link #gradients()} until {@link #zeroGradients()} or
     * {@link #startGradients}.
     *
     * @throws IllegalStateException if the module is not bound
     */
    public void dropGradients() {
        checkBound("dropGradients");
        gradients.letGo();
    }

    /**
     * Zeroes the gradients in place.
     *
     * @throws IllegalStateException if the module is not bound
     */
    public void zeroGradients() {
        checkBound("zeroGradients");
        gradients.zero();
    }

    /**
     * Copies a vector into the gradients, in place of zeroes: {@code backward()} adds to it. What a step is to have
     * besides the loss's gradient costs nothing this way.
     *
     * @param values float32, shape [{@link #numel()}], zero at what {@link #zeroFixed} zeroes; stays the caller's
     * @throws IllegalArgumentException if {@code values} has another dtype or shape
     * @throws IllegalStateException if the module is not bound
     */
    public void startGradients(Tensor values) {
        checkBound("startGradients");
        checkFlat("startGradients", values);
        gradients.held().copy_(values);
    }

    /**
     * Zeroes a vector at what no step changes: buffers and frozen parameters.
     *
     * @param flat float32, shape [{@link #numel()}]
     * @throws IllegalArgumentException if {@code flat} has another dtype or shape
     */
    public void zeroFixed(Tensor flat) {
        checkFlat("zeroFixed", flat);
        try (NoGradGuard guard = new NoGradGuard();
                PointerScope scope = new PointerScope()) {
            for (StateEntry entry : entries) {
                if (!entry.tensor().requires_grad()) {
                    entry.slice(flat).zero_();
                }
            }
        }
    }

    /**
     * One step of plain SGD, {@code parameters -= rate * gradients}, as one addition, or one for each parameter after
     * {@link #dropGradients()}; buffers stay as they are.
     *
     * @param rate the learning rate, finite and not negative
     * @throws IllegalStateException if the module is not bound, or a gradient was replaced since: by
     *     {@code zero_grad()}, say
     */
    public void sgdStep(double rate) {
        checkBound("sgdStep");
        checkRate(rate);
        try (Scalar factor = new Scalar(-rate)) {
            gradients.addTo(bound, factor);
        }
    }

    /**
     * One step of SGD with momentum as PyTorch takes it, without dampening: {@code velocity = momentum * velocity +
     * gradients; parameters -= rate * velocity}. Buffers stay as they are, if the velocity is zero at them, as it is
     * where it was made by steps alone.
     *
     * @param rate the learning rate, finite and not negative
     * @param momentum in [0, 1)
     * @param velocity float32, shape [{@link #numel()}], on the module's device, zeros before the first step; stays the
     *     caller's, who keeps it from step to step
     * @throws IllegalArgumentException if a number is out of range or the velocity has another dtype or shape
     * @throws IllegalStateException as for {@link #sgdStep(double)}, or if gradients were dropped
     */
    public void sgdStep(double rate, double momentum, Tensor velocity) {
        checkBound("sgdStep");
        checkRate(rate);
        if (!(momentum >= 0 && momentum < 1)) {
            throw new IllegalArgumentException(
                    "sgdStep: momentum=" + momentum + ", limit=[0, 1); give a momentum below 1");
        }
        checkFlat("sgdStep", velocity);
        checkHeld("sgdStep");
        gradients.check();
        try (Scalar kept = new Scalar(momentum);
                Scalar factor = new Scalar(-rate)) {
            velocity.mul_(kept).add_(gradients.flat());
            bound.add_(velocity, factor);
            gradients.markChanged();
        }
    }

    private static void checkRate(double rate) {
        if (!(rate >= 0 && rate < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "sgdStep: rate=" + rate + ", limit=[0, infinity); give a finite learning rate");
        }
    }

    /**
     * Copies the integer counters into the vector that the module is bound to; the rest is there already.
     *
     * @throws IllegalStateException if the module is not bound
     */
    public void writeBuffers() {
        checkBound("writeBuffers");
        try (PointerScope scope = new PointerScope()) {
            for (StateEntry entry : counters) {
                entry.slice(bound).copy_(entry.tensor());
            }
        }
    }

    /** Unbinds and drops the references to the module's tensors. Safe to call twice. */
    @Override
    public void close() {
        unbind();
        closed = true;
        gradients.close();
        entries.forEach(e -> e.tensor().close());
        if (own != null) {
            own.close();
        }
    }

    private void viewIn(Tensor flat) {
        for (StateEntry entry : entries) {
            if (entry.floating()) {
                entry.tensor().set_data(entry.slice(flat));
            }
        }
    }

    /** Copies all counters out of the vector, or none if one of them is damaged. */
    private void readCounters(Tensor flat) {
        List<Tensor> rounded = new ArrayList<>();
        for (StateEntry entry : counters) {
            Tensor values = entry.slice(flat).round();
            if (!values.isfinite().all().item_bool()) {
                throw new IllegalArgumentException("counter is not finite: name=" + entry.name()
                        + ", limit=finite numbers; the vector is damaged or its training diverged");
            }
            rounded.add(values);
        }
        for (int i = 0; i < rounded.size(); i++) {
            counters.get(i).tensor().copy_(rounded.get(i));
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException(
                    "flat parameters: closed=true; make new ones with FlatParameters.of(module)");
        }
    }

    private void checkFlat(String what, Tensor flat) {
        checkOpen();
        boolean fits = flat.dim() == 1 && flat.numel() == numel;
        if (!fits || flat.scalar_type().intern() != ScalarType.Float) {
            throw new IllegalArgumentException(what + ": shape=" + Arrays.toString(flat.shape()) + ", dtype="
                    + flat.scalar_type().intern() + ", limit=[" + numel
                    + "] of Float; give a vector made by flatten() of the same model");
        }
    }

    private void checkBindable(Tensor flat) {
        checkPlace("bind", flat);
        for (StateEntry entry : entries) {
            if (entry.floating() && !entry.tensor().is_contiguous()) {
                throw new IllegalStateException("bind: name=" + entry.name()
                        + ", layout=not contiguous in NCHW order, limit=contiguous; load and flatten such a module, or"
                        + " make its tensors contiguous first");
            }
        }
    }

    private void checkPlace(String what, Tensor flat) {
        Tensor first = entries.get(0).tensor();
        if (!flat.is_contiguous() || flat.requires_grad()) {
            throw new IllegalArgumentException(what + ": contiguous=" + flat.is_contiguous() + ", requires_grad="
                    + flat.requires_grad() + ", limit=contiguous without gradient; give flat.detach().contiguous()");
        }
        try (PointerScope scope = new PointerScope()) {
            if (!flat.device().equals(first.device())) {
                throw new IllegalArgumentException(
                        what + ": device=" + flat.device().str().getString() + ", limit="
                                + first.device().str().getString() + "; move the vector to the module's device");
            }
        }
    }

    private void checkHeld(String what) {
        if (gradients.isLoose()) {
            throw new IllegalStateException(what
                    + ": gradients=dropped, limit=in the flat vector; begin the step with zeroGradients() instead of"
                    + " dropGradients()");
        }
    }

    private void checkBound(String what) {
        checkOpen();
        if (bound == null) {
            throw new IllegalStateException(what + ": bound=false; call bind(flat) first");
        }
    }
}

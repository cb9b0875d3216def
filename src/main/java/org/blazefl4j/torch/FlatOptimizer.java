package org.blazefl4j.torch;

import org.blazefl4j.binding.Native;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Takes the steps of a {@link StepRule} on a module that {@link FlatParameters} have bound to a vector.
 *
 * <pre>{@code
 * optimizer.reset(StepRule.sgd().withMomentum(0.9), 10);
 * for (Batch batch : loader) {
 *     try (PointerScope scope = new PointerScope()) {
 *         parameters.dropGradients();
 *         torch.cross_entropy(model.forward(batch.x()), batch.y()).backward();
 *         optimizer.step(0.1);
 *     }
 * }
 * }</pre>
 *
 * <p>On the CPU a step is one pass of native code, with the bits of PyTorch's {@code torch.optim} on a processor with
 * AVX2 or AVX-512. Two things differ from PyTorch by a unit in the last place: roots are rounded correctly, which those
 * of a PyTorch with Intel's MKL are not, and the norm for clipping is computed in double. On other devices LibTorch's
 * operations take the steps.
 *
 * <p>A parameter without a gradient stays as it is. Buffers and frozen parameters never change. Not thread-safe.
 */
public final class FlatOptimizer implements AutoCloseable {

    /** The flags of the native steps. */
    private static final int NESTEROV = 1;

    private static final int DECOUPLED = 2;
    private static final int FIRST = 4;

    /**
     * What a rule has kept, for another optimizer to continue with.
     *
     * @param steps the number of steps taken
     * @param first SGD's velocity or Adam's mean gradient, float32, shape [numel]; null if the rule keeps none
     * @param second Adam's mean square, likewise
     */
    public record State(
            long steps, @Nullable Tensor first, @Nullable Tensor second) {}

    private final FlatParameters parameters;
    /** Whether LibTorch takes steps on the CPU too. */
    private final boolean byLibTorch;

    private StepRule rule = StepRule.sgd();
    private double maxGradNorm = Double.POSITIVE_INFINITY;
    private @Nullable Tensor first;
    private @Nullable Tensor second;
    private long steps;

    /** Begins with plain SGD. The parameters stay the caller's, and must be bound at each step. */
    public FlatOptimizer(FlatParameters parameters) {
        this(parameters, false);
    }

    FlatOptimizer(FlatParameters parameters, boolean byLibTorch) {
        this.parameters = parameters;
        this.byLibTorch = byLibTorch;
    }

    /**
     * Starts anew, as if no step had been taken.
     *
     * @param maxGradNorm the norm of all gradients together above which a step scales them down to it, as PyTorch's
     *     {@code clip_grad_norm_} does; above 0, infinity for no limit
     */
    public void reset(StepRule rule, double maxGradNorm) {
        this.rule = rule;
        this.maxGradNorm = maxGradNorm;
        this.steps = 0;
        if (rule.moments() > 0) {
            first = zeroed(first);
        }
        if (rule.moments() > 1) {
            second = zeroed(second);
        }
    }

    private Tensor zeroed(@Nullable Tensor moment) {
        return moment == null ? parameters.newVector().zero_().retainReference() : moment.zero_();
    }

    /**
     * Continues with a copy of a state, after {@link #reset}.
     *
     * @throws IllegalArgumentException if it is of another rule or model; nothing is changed then
     */
    public void load(State state) {
        requireFits("first", state.first(), rule.moments() > 0);
        requireFits("second", state.second(), rule.moments() > 1);
        steps = state.steps();
        copy(state.first(), first);
        copy(state.second(), second);
    }

    private void requireFits(String name, @Nullable Tensor moment, boolean expected) {
        boolean fits =
                moment == null ? !expected : expected && moment.dim() == 1 && moment.numel() == parameters.numel();
        if (!fits) {
            throw new IllegalArgumentException("optimizer state does not fit: " + name + "="
                    + (moment == null ? "none" : Tensors.describe(moment)) + ", expected="
                    + (expected ? "float [" + parameters.numel() + "]" : "none")
                    + "; use the model and the rule of the saved state");
        }
    }

    private static void copy(@Nullable Tensor from, @Nullable Tensor to) {
        if (from != null && to != null) {
            to.copy_(from);
        }
    }

    /** Returns what a later optimizer needs to continue: this object's own tensors, valid until it is used again. */
    public State state() {
        return new State(steps, rule.moments() > 0 ? first : null, rule.moments() > 1 ? second : null);
    }

    /** Counts steps that were taken elsewhere, with the tensors of {@link #state}. */
    public void count(long taken) {
        steps += taken;
    }

    /** Returns the number of steps since the last {@link #reset}, or since the start of a loaded state. */
    public long steps() {
        return steps;
    }

    /**
     * Takes one step with the gradients as they are.
     *
     * @param rate the learning rate, finite and not negative
     * @throws IllegalStateException if the module is not bound, or a gradient was replaced, for example by
     *     {@code zero_grad()}
     */
    public void step(double rate) {
        FlatParameters.checkRate("step", rate);
        FlatGradients gradients = parameters.boundGradients("step");
        try (NoGradGuard guard = new NoGradGuard();
                PointerScope scope = new PointerScope()) {
            double scale = maxGradNorm == Double.POSITIVE_INFINITY ? 1 : scale(gradients);
            steps++;
            boolean natively = !byLibTorch && parameters.vector().is_cpu();
            gradients.forEach((entry, gradient) -> {
                if (natively) {
                    stepNatively(entry, gradient, scale, rate);
                } else {
                    stepByLibTorch(entry, gradient, scale, rate);
                }
            });
        }
        gradients.markChanged();
    }

    /** Returns by what {@code clip_grad_norm_} multiplies gradients; it computes in float32. */
    private double scale(FlatGradients gradients) {
        double[] squares = {0};
        gradients.forEach((entry, gradient) -> squares[0] += Tensors.sumOfSquares(gradient));
        float norm = (float) Math.sqrt(squares[0]);
        return Math.min(1f, 1 / (norm + 1e-6f) * (float) maxGradNorm);
    }

    private void stepNatively(StateEntry entry, Tensor gradient, double scale, double rate) {
        long weights = address(entry.tensor());
        long gradients = address(gradient.contiguous());
        int decoupled = rule.decoupled() ? DECOUPLED : 0;
        int result;
        if (rule instanceof StepRule.Sgd sgd) {
            result = Native.sgdStepF32(
                    weights,
                    gradients,
                    address(first, entry),
                    entry.numel(),
                    scale,
                    rate,
                    sgd.momentum(),
                    sgd.dampening(),
                    sgd.weightDecay(),
                    decoupled | (sgd.nesterov() ? NESTEROV : 0) | (steps == 1 ? FIRST : 0));
        } else {
            StepRule.Adam adam = (StepRule.Adam) rule;
            result = Native.adamStepF32(
                    weights,
                    gradients,
                    address(first, entry),
                    address(second, entry),
                    entry.numel(),
                    scale,
                    rate,
                    adam.beta1(),
                    adam.beta2(),
                    adam.eps(),
                    adam.weightDecay(),
                    steps,
                    decoupled);
        }
        if (result != 0) {
            throw new IllegalStateException("misaligned parameter: name=" + entry.name()
                    + ", expected=a multiple of the element size; bind to a tensor that LibTorch made");
        }
    }

    private static long address(Tensor tensor) {
        try (Pointer data = tensor.data_ptr()) {
            return data.address();
        }
    }

    private static long address(@Nullable Tensor moment, StateEntry entry) {
        return moment == null ? 0 : address(moment) + entry.offset() * Float.BYTES;
    }

    /** Takes a parameter's step by the operations of PyTorch's optimizers that do not fuse them. */
    private void stepByLibTorch(StateEntry entry, Tensor gradient, double scale, double rate) {
        Tensor weights = entry.tensor();
        Tensor towards = scale == 1 ? gradient : gradient.mul(new Scalar((float) scale));
        if (rule.decoupled()) {
            weights.mul_(new Scalar(1 - rate * rule.weightDecay()));
        } else if (rule.weightDecay() != 0) {
            towards = towards.add(weights, new Scalar(rule.weightDecay()));
        }
        if (rule instanceof StepRule.Sgd sgd) {
            weights.add_(
                    first == null || sgd.momentum() == 0 ? towards : moved(sgd, entry.slice(first), towards),
                    new Scalar(-rate));
        } else if (first != null && second != null) {
            adapt((StepRule.Adam) rule, weights, entry.slice(first), entry.slice(second), towards, rate);
        }
    }

    private Tensor moved(StepRule.Sgd sgd, Tensor velocity, Tensor gradient) {
        Scalar momentum = new Scalar(sgd.momentum());
        if (steps == 1) {
            velocity.copy_(gradient);
        } else {
            velocity.mul_(momentum).add_(gradient, new Scalar(1 - sgd.dampening()));
        }
        return sgd.nesterov() ? gradient.add(velocity, momentum) : velocity;
    }

    private void adapt(StepRule.Adam adam, Tensor weights, Tensor mean, Tensor square, Tensor gradient, double rate) {
        mean.lerp_(gradient, new Scalar(1 - adam.beta1()));
        square.mul_(new Scalar(adam.beta2())).addcmul_(gradient, gradient, new Scalar(1 - adam.beta2()));
        double correction = Math.sqrt(1 - Math.pow(adam.beta2(), steps));
        Tensor divisor = square.sqrt().div_(new Scalar(correction)).add_(new Scalar(adam.eps()));
        weights.addcdiv_(mean, divisor, new Scalar(-rate / (1 - Math.pow(adam.beta1(), steps))));
    }

    /** Frees the moments. Safe to call twice. */
    @Override
    public void close() {
        if (first != null) {
            first.close();
        }
        if (second != null) {
            second.close();
        }
    }
}

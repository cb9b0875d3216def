package org.blazefl4j.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Conv2dOptions;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.LinearOptions;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.DeviceType;

/**
 * A network: the base class of the library's models and of a user's own, which read as in Python:
 *
 * <pre>{@code
 * final class Net extends Model {
 *     private final Conv2dImpl conv = conv2d("conv", 1, 8, 3);
 *     private final Dropout dropout = dropout("dropout", 0.5);
 *     private final LinearImpl fc = linear("fc", 8 * 26 * 26, 10);
 *
 *     public Tensor forward(Tensor x) {
 *         return fc.forward(dropout.forward(conv.forward(x).relu_().flatten(1, -1)));
 *     }
 * }
 * }</pre>
 *
 * <p>Layers are initialised as PyTorch initialises them, from the default generator and in the order in which they are
 * made: after the same seed the parameters have the same bits. Where that must not depend on what was drawn before,
 * make the model by a {@code ModelSelector}, or inside {@code DefaultGenerator.seeded}.
 *
 * <p>A model owns its layers, parameters and buffers. It outlives a pointer scope that surrounds its making and is
 * freed by {@link #close()}, or at the end of that scope if it comes later. One thread at a time uses it. LibTorch
 * cannot clone it: make another one and copy the state with {@code FlatParameters}.
 */
public abstract class Model extends Module {

    static {
        LibTorch.load();
    }

    private final List<Pointer> owned = new ArrayList<>();
    private Generator generator;
    private Numerics numerics = Numerics.DEFAULT;

    /** Makes a model without layers. */
    @SuppressWarnings("this-escape") // what is called touches LibTorch's part only, which is complete
    protected Model() {
        retainReference();
    }

    /**
     * Computes the network's output.
     *
     * @param x a batch of inputs, shape [n, ...]
     * @return a new tensor, shape [n, classes]
     */
    public abstract Tensor forward(Tensor x);

    /**
     * Computes the network's output in the way that was set by {@link #setNumerics}: what trainers and evaluations
     * call.
     *
     * @param x a batch of inputs, shape [n, ...], in any layout
     * @return a new tensor, float32 unless the model computes in another type
     */
    public final Tensor output(Tensor x) {
        MemoryLayout asked = numerics.layout();
        MemoryLayout layout = asked == MemoryLayout.AUTO ? quickestLayout(numerics.autocast()) : asked;
        DeviceType device = x.is_cpu() ? DeviceType.CPU : DeviceType.CUDA;
        return numerics.autocast().of(device, () -> forward(layout.of(x)));
    }

    /**
     * How {@link #output} computes; {@link Numerics#DEFAULT} unless set. Part of an experiment: set it in the selector,
     * by {@code ModelSelector.with}, so that it is the same for all workers and for the server.
     */
    public final void setNumerics(Numerics numerics) {
        this.numerics = Objects.requireNonNull(numerics, "numerics");
    }

    /**
     * The layout in which this model computes where none is asked for: contiguous unless overridden. The library's
     * convolutional models compute so in float32, for the pooling of {@link #maxPool2d} is vectorised so, and in
     * {@code CHANNELS_LAST} in bfloat16. A network with LibTorch's own max pooling may be quicker in
     * {@code CHANNELS_LAST} in float32, too. A model in that layout flattens images by {@code flatten}, for
     * {@code view} refuses them.
     *
     * @param autocast in what the model computes
     * @return not {@code AUTO}
     */
    protected MemoryLayout quickestLayout(Autocast autocast) {
        return MemoryLayout.CONTIGUOUS;
    }

    /** What convolutions are quickest in, with pooling by {@link #maxPool2d} or none. */
    static MemoryLayout quickestForConvolutions(Autocast autocast) {
        return autocast == Autocast.OFF ? MemoryLayout.CONTIGUOUS : MemoryLayout.CHANNELS_LAST;
    }

    /** Adds a child, which this model then owns, and returns it. Its name is part of the parameters' names. */
    protected final <M extends Module> M register(String name, M module) {
        super.register_module(name, module);
        if (!(module instanceof Model)) {
            module.retainReference();
        }
        owned.add(module);
        return module;
    }

    /** The same as {@link #register}, by LibTorch's name. */
    @Override
    public final <M extends Module> M register_module(String name, M module) {
        return register(name, module);
    }

    /** Adds a parameter, which this model then owns, and returns it. */
    protected final Tensor parameter(String name, Tensor value) {
        register_parameter(name, value);
        return own(value);
    }

    /** Adds a buffer, state that is not trained, which this model then owns, and returns it. */
    protected final Tensor buffer(String name, Tensor value) {
        register_buffer(name, value);
        return own(value);
    }

    private Tensor own(Tensor value) {
        value.retainReference();
        owned.add(value);
        return value;
    }

    /** A 2-d convolution with bias, stride 1 and no padding. */
    protected final Conv2dImpl conv2d(String name, long in, long out, long kernel) {
        return conv2d(name, in, out, kernel, 1, 0, true);
    }

    /** A 2-d convolution with a square kernel. Input [n, in, h, w]. */
    protected final Conv2dImpl conv2d(
            String name, long in, long out, long kernel, long stride, long padding, boolean bias) {
        try (PointerScope scope = new PointerScope()) {
            Conv2dOptions options = new Conv2dOptions(in, out, pair(kernel));
            options.stride().put(new long[] {stride, stride});
            options.padding().put(pair(padding));
            options.bias().put(bias);
            return register(name, new Conv2dImpl(options));
        }
    }

    /** The greatest element of each square window. Input [n, c, h, w]; no parameters. */
    protected final MaxPool maxPool2d(String name, int kernel, int stride, int padding) {
        return register(name, new MaxPool(kernel, stride, padding));
    }

    /** A fully connected layer with bias. Input [n, in]. */
    protected final LinearImpl linear(String name, long in, long out) {
        return linear(name, in, out, true);
    }

    /** A fully connected layer. Input [n, in]. */
    protected final LinearImpl linear(String name, long in, long out, boolean bias) {
        try (PointerScope scope = new PointerScope()) {
            LinearOptions options = new LinearOptions(in, out);
            options.bias().put(bias);
            return register(name, new LinearImpl(options));
        }
    }

    /** Batch normalisation with affine parameters and running statistics. Input [n, features, h, w]. */
    protected final BatchNorm2dImpl batchNorm2d(String name, long features) {
        try (PointerScope scope = new PointerScope()) {
            return register(name, new BatchNorm2dImpl(new BatchNormOptions(features)));
        }
    }

    /**
     * Dropout that draws from this model's generator.
     *
     * @param probability of an element to be zeroed, in [0, 1]
     */
    protected final Dropout dropout(String name, double probability) {
        return register(name, new Dropout(probability));
    }

    private static LongPointer pair(long value) {
        return new LongPointer(value, value);
    }

    /** Switches to training: batch statistics and dropout. */
    public void train() {
        train(true);
    }

    /**
     * The random stream that this model and its children draw from while training, in place of LibTorch's default
     * generator, which threads share. The model does not own it; set it before each client.
     *
     * @param generator a CPU generator; null takes it away
     */
    public void setGenerator(Generator generator) {
        this.generator = generator;
        for (Pointer child : owned) {
            if (child instanceof Model model) {
                model.setGenerator(generator);
            }
        }
    }

    /**
     * What {@link #setGenerator} set.
     *
     * @throws IllegalStateException if nothing was set
     */
    protected final Generator generator() {
        if (generator == null) {
            throw new IllegalStateException(
                    "no random stream: layer=" + getClass().getSimpleName()
                            + ", generator=null; call model.setGenerator(context.generator(\"dropout\")) before training");
        }
        return generator;
    }

    /** Frees the model with its layers, parameters and buffers. Safe to call twice. */
    @Override
    public void close() {
        owned.forEach(Pointer::close);
        owned.clear();
        if (!isNull()) {
            super.close();
        }
    }
}

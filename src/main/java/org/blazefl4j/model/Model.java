package org.blazefl4j.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.LinearOptions;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.jspecify.annotations.Nullable;

/**
 * A network: the base class of the library's models and of your own, written as in Python:
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
 * <p>Layers are initialised as in PyTorch, from the default generator and in the order of their creation: the same seed
 * gives the same bits. To be independent of earlier draws, create the model in a {@code ModelSelector} or inside
 * {@code DefaultGenerator.seeded}.
 *
 * <p>A model owns its layers, parameters and buffers. It outlives the pointer scope in which it is created: it is freed
 * by {@link #close()}, or at the end of that scope if that comes later. Not thread-safe. LibTorch cannot clone it:
 * create another one and copy the state with {@code FlatParameters}.
 */
public abstract class Model extends Module {

    static {
        LibTorch.load();
    }

    /**
     * A model of two parts: features, and a head that turns them into outputs; {@code forward(x)} is
     * {@code head(features(x))}. For algorithms that look at features, such as MOON. A projection that an algorithm's
     * paper puts on top of the features is a part of {@link #features}.
     */
    public interface Split {

        /** Computes the features of a batch of inputs: shape [n, ...]. */
        Tensor features(Tensor x);

        /** Computes the output of features, which it leaves as they are: shape [n, classes]. */
        Tensor head(Tensor features);
    }

    private final List<Pointer> owned = new ArrayList<>();
    private @Nullable Generator generator;
    private Numerics numerics = Numerics.DEFAULT;

    /** Creates a model without layers. */
    @SuppressWarnings("this-escape") // calls only LibTorch's part, which is complete
    protected Model() {
        retainReference();
    }

    /**
     * Returns a model of PyTorch's from a TorchScript file, {@code torch.jit.script(net).save(file)}, with the names
     * and values of its parameters and buffers. It takes one batch and returns one tensor.
     *
     * <p>What it draws during training, such as dropout, comes from {@link #setGenerator}'s stream; since TorchScript
     * draws from the default generator, threads then compute one batch at a time. State that it changes must be
     * buffers. What it draws during evaluation is the same for each batch. A traced module keeps the mode in which it
     * was traced, so that dropout and batch normalisation need {@code torch.jit.script}.
     *
     * <p>For {@code AUTO}, a module with convolutions computes in float32 on the CPU on images whose channels lie
     * together ({@code CHANNELS_LAST}), unless its code depends on how images lie in memory, as {@code x.stride()}
     * does. A {@code x.view(...)} whose result is only read, as by a linear layer, does not matter.
     *
     * @throws IllegalArgumentException if the file is none, a parameter is not float32, or the module has a convolution
     *     other than {@code conv1d} and {@code conv2d}, which LibTorch may compute wrongly
     */
    public static Model torchScript(Path file) {
        return new TorchScriptModel(file);
    }

    /** Computes the output of a batch of inputs, shape [n, ...]: a new tensor, shape [n, classes]. */
    public abstract Tensor forward(Tensor x);

    /**
     * Computes the output of a batch in any layout with the settings of {@link #setNumerics}. Trainers and evaluations
     * call this. Returns float32 unless the model computes in another type.
     */
    public final Tensor output(Tensor x) {
        return compute(x, this::forward);
    }

    /** Computes a part of the model, such as {@link Split#features}, as {@link #output} computes the whole. */
    public final Tensor compute(Tensor x, UnaryOperator<Tensor> part) {
        MemoryLayout requested = numerics.layout();
        MemoryLayout layout = requested == MemoryLayout.AUTO ? quickestLayout(numerics.autocast()) : requested;
        DeviceType device = x.is_cpu() ? DeviceType.CPU : DeviceType.CUDA;
        return numerics.autocast().compute(device, () -> part.apply(layout.apply(x)));
    }

    /**
     * Returns the layers of which {@link #forward} consists, in order, if this is a {@link Sequential} of declared
     * layers; otherwise empty. Their parameters, each layer's weight and then its bias, are the model's whole state, in
     * this order.
     */
    public final Optional<List<Layer>> layers() {
        return this instanceof Sequential net ? net.declared() : Optional.empty();
    }

    /**
     * Returns the parts of this model.
     *
     * @throws IllegalArgumentException if it is not a {@link Split}
     */
    public final Split split() {
        if (this instanceof Split parts) {
            return parts;
        }
        throw new IllegalArgumentException(
                "model without features: model=" + getClass().getSimpleName()
                        + ", expected=one that implements Model.Split; choose another model, or divide this one");
    }

    /**
     * Sets how {@link #output} computes; the default is {@link Numerics#DEFAULT}. Part of an experiment: set it by
     * {@code ModelSelector.with}, so that it is the same for all workers and for the server.
     */
    public final void setNumerics(Numerics numerics) {
        this.numerics = Objects.requireNonNull(numerics, "numerics");
    }

    /** Returns the settings of {@link #setNumerics}. */
    public final Numerics numerics() {
        return numerics;
    }

    /**
     * Returns the layout in which this model is fastest, used for {@code AUTO}; contiguous unless overridden. The
     * library's convolutional models return contiguous for float32, because {@link #maxPool2d} is vectorised for it,
     * and {@code CHANNELS_LAST} for bfloat16. A network with LibTorch's own max pooling may be faster in
     * {@code CHANNELS_LAST} in float32, too; in that layout, use {@code flatten} instead of {@code view}.
     */
    protected MemoryLayout quickestLayout(Autocast autocast) {
        return MemoryLayout.CONTIGUOUS;
    }

    /** Returns the fastest layout of convolutions, with pooling by {@link #maxPool2d} or none. */
    static MemoryLayout quickestForConvolutions(Autocast autocast) {
        return autocast == Autocast.OFF ? MemoryLayout.CONTIGUOUS : MemoryLayout.CHANNELS_LAST;
    }

    /**
     * Adds a child, which this model then owns, and returns it. Its name becomes part of the parameters' names.
     *
     * @throws IllegalArgumentException if a convolution of LibTorch's is in it that LibTorch computes wrongly on the
     *     CPU, by its oneDNN; {@link #conv2d} makes one that is right
     */
    protected final <M extends Module> M register(String name, M module) {
        if (!(module instanceof Model || module instanceof Conv2d)) {
            OneDnnConvolutions.check(name, module);
        }
        super.register_module(name, module);
        if (!(module instanceof Model)) {
            module.retainReference();
        }
        owned.add(module);
        return module;
    }

    /** Calls {@link #register}. */
    @Override
    public final <M extends Module> M register_module(String name, M module) {
        return register(name, module);
    }

    /** Adds a parameter, which this model then owns, and returns it. */
    protected final Tensor parameter(String name, Tensor value) {
        register_parameter(name, value);
        return own(value);
    }

    /** Adds a buffer (state that is not trained), which this model then owns, and returns it. */
    protected final Tensor buffer(String name, Tensor value) {
        register_buffer(name, value);
        return own(value);
    }

    /** Returns how many children, parameters and buffers this model owns. */
    final int owned() {
        return owned.size();
    }

    private Tensor own(Tensor value) {
        value.retainReference();
        owned.add(value);
        return value;
    }

    /** Adds a 2-d convolution with bias, stride 1 and no padding. */
    protected final Conv2dImpl conv2d(String name, long in, long out, long kernel) {
        return conv2d(name, in, out, kernel, 1, 0, true);
    }

    /**
     * Adds a 2-d convolution with a square kernel. Input [n, in, h, w].
     *
     * <p>Its outputs and gradients are right for every number of channels. LibTorch's own layer is wrong on the CPU for
     * many that are not multiples of 16, as {@link #register} says.
     */
    protected final Conv2dImpl conv2d(
            String name, long in, long out, long kernel, long stride, long padding, boolean bias) {
        try (PointerScope scope = new PointerScope()) {
            return register(name, Conv2d.of(in, out, kernel, stride, padding, bias));
        }
    }

    /** Adds max pooling over square windows. Input [n, c, h, w]; no parameters. */
    protected final MaxPool maxPool2d(String name, int kernel, int stride, int padding) {
        return register(name, new MaxPool(kernel, stride, padding));
    }

    /** Adds a fully connected layer with bias. Input [n, in]. */
    protected final LinearImpl linear(String name, long in, long out) {
        return linear(name, in, out, true);
    }

    /** Adds a fully connected layer. Input [n, in]. */
    protected final LinearImpl linear(String name, long in, long out, boolean bias) {
        try (PointerScope scope = new PointerScope()) {
            LinearOptions options = new LinearOptions(in, out);
            options.bias().put(bias);
            return register(name, new LinearImpl(options));
        }
    }

    /** Adds batch normalisation with affine parameters and running statistics. Input [n, features, h, w]. */
    protected final BatchNorm2dImpl batchNorm2d(String name, long features) {
        try (PointerScope scope = new PointerScope()) {
            return register(name, new BatchNorm2dImpl(new BatchNormOptions(features)));
        }
    }

    /** Adds dropout that draws from this model's generator; {@code probability} of zeroing an element in [0, 1]. */
    protected final Dropout dropout(String name, double probability) {
        return register(name, new Dropout(probability));
    }

    /** Switches to training mode. */
    public void train() {
        train(true);
    }

    /**
     * Sets the random stream that this model and its children draw from during training, in place of LibTorch's default
     * generator, which threads share. The model does not own it; set it before each client.
     *
     * @param generator a CPU generator; null removes it
     */
    public void setGenerator(@Nullable Generator generator) {
        this.generator = generator;
        for (Pointer child : owned) {
            if (child instanceof Model model) {
                model.setGenerator(generator);
            }
        }
    }

    final boolean hasGenerator() {
        return generator != null;
    }

    /** Returns the generator set by {@link #setGenerator}; throws an {@link IllegalStateException} if none is set. */
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

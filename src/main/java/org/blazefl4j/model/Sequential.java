package org.blazefl4j.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * Applies steps one after another, named by their position as in PyTorch's {@code nn.Sequential}, {@code 0}, {@code 1},
 * ..., unless they are given a name:
 *
 * <pre>{@code
 * Sequential net = new Sequential()
 *         .add(Layer.convolution(1, 8, 3), Layer.maxPool(), Layer.relu(), Layer.flatten())
 *         .add("fc", Layer.linear(8 * 13 * 13, 10));
 * }</pre>
 *
 * <p>A step is a declared {@link Layer}, or opaque: a module or a function of your own. A sequence of declared layers
 * alone tells them by {@link #layers}.
 */
public class Sequential extends Model {

    private final List<UnaryOperator<Tensor>> steps = new ArrayList<>();
    private final List<Layer> layers = new ArrayList<>();

    /** Creates an empty sequence, which returns its input. */
    public Sequential() {}

    /** Appends layers, which are named by their positions. */
    public final Sequential add(Layer... layers) {
        for (Layer layer : layers) {
            add(Integer.toString(steps.size()), layer);
        }
        return this;
    }

    /** Appends a layer, whose name becomes part of its parameters' names. It takes a position like any other step. */
    public final Sequential add(String name, Layer layer) {
        steps.add(step(name, layer));
        layers.add(layer);
        return this;
    }

    /** Appends a model, which this one then owns. An opaque step. */
    public final Sequential add(Model model) {
        return add(model, model::forward);
    }

    /**
     * Appends a module, which this one then owns. An opaque step.
     *
     * @param module holds the parameters
     * @param forward the module's forward method
     */
    public final Sequential add(Module module, UnaryOperator<Tensor> forward) {
        register(Integer.toString(steps.size()), module);
        return add(forward);
    }

    /** Appends a function without parameters, which takes a position like any other step. An opaque step. */
    public final Sequential add(UnaryOperator<Tensor> function) {
        steps.add(function);
        return this;
    }

    private UnaryOperator<Tensor> step(String name, Layer layer) {
        if (layer instanceof Layer.Convolution c) {
            return conv2d(name, c.in(), c.out(), c.kernel(), 1, c.padding(), c.bias())::forward;
        } else if (layer instanceof Layer.Linear l) {
            return linear(name, l.in(), l.out(), l.bias())::forward;
        } else if (layer instanceof Layer.MaxPool) {
            return maxPool2d(name, 2, 2, 0)::forward;
        } else if (layer instanceof Layer.Dropout d) {
            return dropout(name, d.probability())::forward;
        } else if (layer instanceof Layer.Flatten) {
            return x -> x.flatten(1, -1);
        } else {
            return followsProduct() ? Tensor::relu_ : Tensor::relu;
        }
    }

    /** Returns whether the next step gets a tensor that nothing else needs, so that it may write into it. */
    private boolean followsProduct() {
        if (!isDeclared() || layers.isEmpty()) {
            return false;
        }
        Layer last = layers.get(layers.size() - 1);
        return last instanceof Layer.Convolution || last instanceof Layer.Linear;
    }

    private boolean isDeclared() {
        return layers.size() == steps.size();
    }

    /** Returns the layers, unless a step is opaque or the model owns what belongs to no layer. */
    final Optional<List<Layer>> declared() {
        long modules = layers.stream().filter(each -> !isFunction(each)).count();
        return isDeclared() && owned() == modules ? Optional.of(List.copyOf(layers)) : Optional.empty();
    }

    private static boolean isFunction(Layer layer) {
        return layer instanceof Layer.Relu || layer instanceof Layer.Flatten;
    }

    @Override
    public final Tensor forward(Tensor x) {
        return forward(x, 0, steps.size());
    }

    /** Applies the steps from {@code first} to before {@code end}. */
    final Tensor forward(Tensor x, int first, int end) {
        Tensor h = x;
        for (UnaryOperator<Tensor> step : steps.subList(first, end)) {
            h = step.apply(h);
        }
        return h;
    }

    final int size() {
        return steps.size();
    }

    @Override
    protected MemoryLayout quickestLayout(Autocast autocast) {
        boolean convolves = isDeclared() && layers.stream().anyMatch(Layer.Convolution.class::isInstance);
        return convolves ? quickestForConvolutions(autocast) : super.quickestLayout(autocast);
    }
}

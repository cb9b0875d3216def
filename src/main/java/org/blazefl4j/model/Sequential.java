package org.blazefl4j.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * Applies steps one after another, named by their position as in PyTorch's {@code nn.Sequential}: {@code 0}, {@code 1},
 * ...
 *
 * <pre>{@code
 * Sequential net = new Sequential().add(new Dropout(0.5));
 * LinearImpl linear = new LinearImpl(20, 10);
 * net.add(linear, linear::forward).add(Tensor::relu);
 * }</pre>
 */
public final class Sequential extends Model {

    private final List<UnaryOperator<Tensor>> steps = new ArrayList<>();

    /** Creates an empty sequence, which returns its input. */
    public Sequential() {}

    /** Appends a model, which this one then owns. */
    public Sequential add(Model model) {
        return add(model, model::forward);
    }

    /**
     * Appends a module, which this one then owns.
     *
     * @param module holds the parameters
     * @param forward the module's forward method
     */
    public Sequential add(Module module, UnaryOperator<Tensor> forward) {
        register(Integer.toString(steps.size()), module);
        return add(forward);
    }

    /** Appends a function without parameters, which takes a position like any other step. */
    public Sequential add(UnaryOperator<Tensor> function) {
        steps.add(function);
        return this;
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor h = x;
        for (UnaryOperator<Tensor> step : steps) {
            h = step.apply(h);
        }
        return h;
    }
}

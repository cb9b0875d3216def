package org.blazefl4j.federation;

import org.blazefl4j.core.Device;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/** A worker's further copy of a model that does not train; a client sets its state. */
final class FrozenModel implements AutoCloseable {

    private final Model model;
    private final FlatParameters state;

    private FrozenModel(SelectedModel<?> selected, Device device) {
        this.model = selected.make(device);
        this.state = FlatParameters.of(model);
        model.eval();
        try (PointerScope scope = new PointerScope()) {
            TensorVector parameters = model.parameters();
            for (long i = 0; i < parameters.size(); i++) {
                parameters.get(i).requires_grad_(false);
            }
        }
    }

    /** Returns the worker's copy of this name, made at the first call. The context owns it. */
    static FrozenModel of(String name, SelectedModel<?> selected, WorkerContext context) {
        Device device = context.device();
        String key = "frozen model " + name + " " + selected.key(device);
        return context.get(key, () -> new FrozenModel(selected, device));
    }

    /** Returns the model with a state. */
    Model with(Tensor flat) {
        state.load(flat);
        return model;
    }

    @Override
    public void close() {
        state.close();
        model.close();
    }
}

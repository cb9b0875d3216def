package org.blazefl4j.federation;

import java.util.Optional;
import java.util.function.Supplier;
import org.blazefl4j.contrib.support.TrainingLoop.Loss;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.Batch;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.step.ModelEngine;
import org.blazefl4j.step.StepEngine;
import org.blazefl4j.step.StepSamples;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.FlatRanges;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** A worker's further copy of a model, which has gradients at other states while the first copy trains. */
final class GradientModel implements AutoCloseable {

    private final Model model;
    private final FlatParameters state;
    private final FlatRanges fixed;
    private final ModelEngine engines;

    private GradientModel(SelectedModel<?> selected, Device device) {
        this.model = selected.make(device);
        this.state = FlatParameters.of(model);
        this.fixed = state.fixed();
        this.engines = new ModelEngine(model);
        state.bindUndefined();
    }

    /** Returns the worker's copy, made at the first call. The context owns it. */
    static GradientModel of(SelectedModel<?> selected, WorkerContext context) {
        Device device = context.device();
        return context.get("gradient model " + selected.key(device), () -> new GradientModel(selected, device));
    }

    /** Writes the gradient of the cross-entropy of a batch, and the buffers that follow from it to the state. */
    void gradient(Tensor at, Batch batch, Supplier<RandomStream> dropout, Tensor gradient) {
        Optional<StepEngine> engine = engines.on(batch);
        if (engine.isPresent()) {
            gradient(engine.get(), at, batch, dropout, gradient);
        } else {
            gradientByLibTorch(at, batch, dropout, gradient);
        }
    }

    private static void gradient(
            StepEngine engine, Tensor at, Batch batch, Supplier<RandomStream> dropout, Tensor gradient) {
        try (PointerScope scope = new PointerScope()) {
            StepSamples samples = StepSamples.of(batch).drawing(engine.seed(dropout), 0);
            engine.gradient(at, samples, true, gradient.zero_());
        }
    }

    private void gradientByLibTorch(Tensor at, Batch batch, Supplier<RandomStream> dropout, Tensor gradient) {
        state.load(at);
        state.zeroGradients();
        model.train(true);
        model.setGenerator(dropout.get().generator());
        try (PointerScope scope = new PointerScope()) {
            Loss.CROSS_ENTROPY.of(model, batch).backward();
            gradient.copy_(state.gradients());
            state.writeBuffers();
            fixed.copy(state.vector(), at);
        } finally {
            model.setGenerator(null);
        }
    }

    @Override
    public void close() {
        engines.close();
        state.close();
        model.close();
    }
}

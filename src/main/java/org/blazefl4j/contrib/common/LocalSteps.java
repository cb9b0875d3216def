package org.blazefl4j.contrib.common;

import org.blazefl4j.contrib.common.LocalVariant.Hook;
import org.blazefl4j.contrib.common.LocalVariant.Loss;
import org.blazefl4j.contrib.common.LocalVariant.Terms;
import org.blazefl4j.contrib.support.TrainingLoop;
import org.blazefl4j.core.Device;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader.Epoch;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Takes the steps of one training of a worker's model, bound to a vector. */
final class LocalSteps implements TrainingLoop.Steps {

    private final Model model;
    private final Device device;
    private final FlatParameters state;
    private final LocalOptimizer optimizer;
    private final Tensor start;
    private final Terms terms;
    private final @Nullable Hook hook;
    private final Loss loss;

    /**
     * Begins with what the variant declares.
     *
     * @param start the state that the training starts from
     * @param optimizer begun for this training
     */
    LocalSteps(
            Model model,
            Device device,
            FlatParameters state,
            LocalOptimizer optimizer,
            Tensor start,
            LocalVariant variant) {
        this.model = model;
        this.device = device;
        this.state = state;
        this.optimizer = optimizer;
        this.start = start;
        this.terms = variant.terms();
        this.hook = variant.hook().orElse(null);
        this.loss = variant.loss().map(Loss.class::cast).orElse(TrainingLoop.Loss.CROSS_ENTROPY::of);
    }

    /** Reads the batch within the scope too, which frees what data sets and transforms of the user leave open. */
    @Override
    public long take(Epoch epoch, long most) {
        try (PointerScope scope = new PointerScope();
                Batch batch = device.move(epoch.next())) {
            step(batch);
            return 1;
        }
    }

    private void step(Batch batch) {
        startGradients();
        if (hook != null) {
            hook.before(batch, state.vector());
        }
        loss.of(model, batch).backward();
        if (hook != null) {
            hook.after(batch, state.vector(), state.gradients());
        }
        if (terms.frozen().isEmpty()) {
            optimizer.step();
        } else {
            stepUnfrozen();
        }
    }

    /** Sets the gradients to which those of a batch are added. */
    private void startGradients() {
        if (!terms.addNothing()) {
            state.startGradients(terms.constant(), terms.pull(), terms.anchor());
        } else if (hook == null && terms.frozen().isEmpty()) {
            state.dropGradients();
        } else {
            state.zeroGradients();
        }
    }

    /** Restores frozen parameters too, which a decay of weights changes without gradients. */
    private void stepUnfrozen() {
        terms.frozen().zero(state.gradients());
        optimizer.step();
        terms.frozen().copy(start, state.vector());
    }
}

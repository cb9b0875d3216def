package org.blazefl4j.contrib.common;

import java.util.Optional;
import java.util.function.Supplier;
import org.blazefl4j.contrib.common.LocalVariant.Hook;
import org.blazefl4j.contrib.common.LocalVariant.Loss;
import org.blazefl4j.contrib.common.LocalVariant.Terms;
import org.blazefl4j.contrib.support.TrainingLoop;
import org.blazefl4j.core.Device;
import org.blazefl4j.cuda.StepGraphs;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader.Epoch;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.step.ModelEngine;
import org.blazefl4j.step.StepEngine;
import org.blazefl4j.step.StepSamples;
import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Takes the steps of one training of a worker's model, bound to a vector, batch after batch. Where the native engine
 * computes the model, it takes them, or with a hook computes gradients; a loss of the variant's own is LibTorch's.
 */
final class LocalSteps implements TrainingLoop.Steps {

    private final Model model;
    private final Device device;
    private final FlatParameters state;
    private final LocalOptimizer optimizer;
    private final ModelEngine engines;
    private final @Nullable StepGraphs graphs;
    private final Tensor start;
    private final Supplier<RandomStream> dropout;
    private final Terms terms;
    private final @Nullable Hook hook;
    private final @Nullable Loss loss;
    /** The seed of the native engine's dropout, once it is drawn. */
    private @Nullable Long seed;
    /** Whether the model has the stream that LibTorch's dropout draws from. */
    private boolean hasStream;

    /**
     * Takes no step yet.
     *
     * @param optimizer begun for this training
     * @param graphs computes gradients of the cross-entropy on a device; null if nothing is captured
     * @param start the state that the training starts from
     * @param dropout the client's stream, made when something first draws from it
     */
    LocalSteps(
            Model model,
            Device device,
            FlatParameters state,
            LocalOptimizer optimizer,
            ModelEngine engines,
            @Nullable StepGraphs graphs,
            Changes changes,
            Tensor start,
            Supplier<RandomStream> dropout) {
        this.model = model;
        this.device = device;
        this.state = state;
        this.optimizer = optimizer;
        this.engines = engines;
        this.graphs = graphs;
        this.start = start;
        this.dropout = dropout;
        this.terms = changes.terms();
        this.hook = changes.hook();
        this.loss = changes.loss();
    }

    /** Reads batches within the scope too, which frees what data sets and transforms of the user leave open. */
    @Override
    public long take(Epoch epoch, long most) {
        try (PointerScope scope = new PointerScope();
                Batch batch = device.next(epoch)) {
            step(batch);
            return 1;
        }
    }

    private void step(Batch batch) {
        Optional<StepEngine> engine = loss == null ? engines.on(batch) : Optional.empty();
        if (engine.isPresent() && hook == null) {
            long[] length = {batch.x().size(0)};
            StepSamples samples = drawing(engine.get(), StepSamples.of(batch));
            optimizer.steps(engine.get(), state.vector(), state.vector(), samples, length, terms);
        } else {
            stepByGradients(batch, engine.orElse(null));
        }
    }

    /** What a variant declares, each asked once. */
    record Changes(
            Terms terms, @Nullable Hook hook, @Nullable Loss loss) {

        static Changes of(LocalVariant variant) {
            return new Changes(
                    variant.terms(), variant.hook().orElse(null), variant.loss().orElse(null));
        }

        boolean areTermsAlone() {
            return hook == null && loss == null;
        }
    }

    private StepSamples drawing(StepEngine engine, StepSamples samples) {
        if (seed == null) {
            seed = engine.seed(dropout);
        }
        return samples.drawing(seed, optimizer.taken());
    }

    private void stepByGradients(Batch batch, @Nullable StepEngine engine) {
        if (!hasStream) {
            model.setGenerator(dropout.get().generator());
            hasStream = true;
        }
        startGradients();
        if (hook != null) {
            hook.before(batch, state.vector());
        }
        if (engine == null) {
            backward(batch);
        } else {
            engine.gradient(state.vector(), drawing(engine, StepSamples.of(batch)), true, state.gradients());
        }
        if (hook != null) {
            hook.after(batch, state.vector(), state.gradients());
        }
        if (terms.frozen().isEmpty()) {
            optimizer.step();
        } else {
            stepUnfrozen();
        }
    }

    private void backward(Batch batch) {
        if (graphs == null) {
            loss(batch).backward();
        } else if (loss == null) {
            graphs.compute(
                    batch,
                    model.numerics(),
                    dropout.get().generator(),
                    each -> loss(each).backward());
        } else {
            graphs.tell("a loss of the algorithm's own"); // it may use tensors that end with the client
            loss(batch).backward();
        }
    }

    private Tensor loss(Batch batch) {
        return loss == null ? TrainingLoop.Loss.CROSS_ENTROPY.of(model, batch) : loss.of(model, batch);
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

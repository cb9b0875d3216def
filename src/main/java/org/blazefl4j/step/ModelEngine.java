package org.blazefl4j.step;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The native engine of one model for the samples that it gets, where {@link EngineChoice} chooses it. Its net is made
 * when the first samples of a shape come. Used by one thread at a time.
 */
public final class ModelEngine implements AutoCloseable {

    /** Limits vectors to so many floats, to measure what longer ones gain: the bits are the same. */
    private static final int LANES = Integer.getInteger("blazefl4j.lanes", 0);

    private final Model model;
    /** The shape of the last samples, without the dimension of the batch; none at first. */
    private long[] shape = {-1};

    private Numerics numerics = Numerics.DEFAULT;
    private @Nullable StepEngine engine;

    /** Serves a model, which stays the caller's. */
    public ModelEngine(Model model) {
        this.model = model;
    }

    /** Returns the engine for rows of samples, if it is chosen. */
    public Optional<StepEngine> on(Dataset.Rows rows) {
        return on(rows.x());
    }

    /**
     * Returns the engine for a batch, if it is chosen. Targets other than the numbers of classes, such as
     * probabilities, are LibTorch's.
     *
     * @throws IllegalArgumentException if the model is to use no other engine than the native one, which does not
     *     compute it, or not with such targets
     */
    public Optional<StepEngine> on(Batch batch) {
        if (Tensors.type(batch.x()) != ScalarType.Float) {
            return Optional.empty();
        }
        Optional<StepEngine> chosen = on(batch.x());
        Tensor y = batch.y();
        if (chosen.isEmpty() || y != null && y.dim() == 1 && !y.is_floating_point()) {
            return chosen;
        }
        Arguments.require(
                model.numerics().engine() != Engine.NATIVE,
                () -> "native engine cannot compute the loss: engine=native, targets="
                        + (y == null ? "none" : Tensors.describe(y))
                        + ", expected=int64 [n]; choose auto or libtorch");
        return Optional.empty();
    }

    private Optional<StepEngine> on(Tensor x) {
        long[] all = x.shape();
        boolean known = Arrays.equals(all, 1, all.length, shape, 0, shape.length) && numerics.equals(model.numerics());
        if (!known) {
            close();
            long[] sample = Arrays.copyOfRange(all, 1, all.length);
            boolean isNative = EngineChoice.of(model, sample, x.is_cpu()).engine() == Engine.NATIVE;
            engine = isNative ? make(sample) : null;
            shape = sample; // last: what failed is tried again
            numerics = model.numerics();
        }
        return Optional.ofNullable(engine);
    }

    private StepEngine make(long[] sample) {
        try (FlatParameters state = FlatParameters.of(model)) {
            return new StepEngine(StepPlan.of(model.layers().orElse(List.of()), sample), state.fixed(), LANES);
        }
    }

    /** Frees the net. Safe to call twice. */
    @Override
    public void close() {
        if (engine != null) {
            engine.close();
            engine = null;
        }
        shape = new long[] {-1};
    }
}

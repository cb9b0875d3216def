package org.blazefl4j.contrib.common;

import java.util.Arrays;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.core.Workers;
import org.blazefl4j.model.Model;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The model that a server sends to clients and evaluates: its state as one flat vector on the CPU, and a module for the
 * evaluation. A round's result is written to a second vector while clients may still read the first.
 *
 * <pre>{@code
 * sum.mean(global.next());
 * global.advance();
 * }</pre>
 *
 * <p>Used by one thread at a time. Owns both vectors; the data stays the caller's.
 */
public final class GlobalModel implements Checkpointable, AutoCloseable {

    private static final String PARAMETERS = "parameters";

    private final PartitionedDataset<PartitionType> dataset;
    private final ServerOptions options;
    private final SelectedModel<?> selected;
    private final Model model;
    private final FlatParameters state;
    private final LentTensors lent = new LentTensors();
    private Tensor current;
    private Tensor next;

    /**
     * A model with its initial parameters.
     *
     * @param selected which model
     * @param dataset holds the samples to evaluate on, common to all, as {@link PartitionType#TEST}
     * @param options where and how it is evaluated
     * @throws IllegalArgumentException if there are no test samples, the model does not fit them, or the device is a
     *     CUDA device that there is not
     */
    public GlobalModel(SelectedModel<?> selected, PartitionedDataset<PartitionType> dataset, ServerOptions options) {
        options.device().requireAvailable();
        Partitions.requireCommon(dataset, PartitionType.TEST);
        this.dataset = dataset;
        this.options = options;
        this.selected = selected;
        this.model = evaluable(selected.make(options.device()));
        this.state = FlatParameters.of(model);
        try (Tensor flat = state.flatten()) {
            this.current = owned(flat.cpu());
            this.next = owned(current.clone());
        }
    }

    private Model evaluable(Model made) {
        try {
            ModelFit.requireEvaluable(made, dataset.getDataset(PartitionType.TEST), options.device());
            return made;
        } catch (RuntimeException | Error e) {
            made.close();
            throw e;
        }
    }

    private static Tensor owned(Tensor tensor) {
        tensor.retainReference();
        return tensor;
    }

    /** The length of the vectors. */
    public long numel() {
        return state.numel();
    }

    /**
     * The state (parameters and buffers, in {@code state_dict} order): float32, shape [{@link #numel()}]. Read-only;
     * unchanged until the {@link #advance()} after the next one.
     */
    public Tensor parameters() {
        return current;
    }

    /** {@link #parameters()} for a downlink package: who takes it may close it, and need not. */
    public Tensor lend() {
        return lent.lend(current);
    }

    /** Where the next state is to be written: float32, contiguous, shape [{@link #numel()}], undefined before. */
    public Tensor next() {
        return next;
    }

    /** Makes what was written to {@link #next()} the state. */
    public void advance() {
        Tensor sent = current;
        current = next;
        next = sent;
        lent.advance();
        state.load(current);
    }

    /**
     * Makes {@code parameters + rate * (next - parameters)} the state; buffers, which have no direction to go further
     * in, are those of {@link #next()} as they are. At a rate of 1 the state is {@code next}, bit for bit.
     *
     * @param rate the server's learning rate
     */
    public void advance(double rate) {
        if (rate != 1) {
            try (IntraOpThreads threads = IntraOpThreads.scope(options.intraOpThreads());
                    PointerScope scope = new PointerScope();
                    Scalar further = new Scalar(rate - 1)) {
                Tensor step = next.sub(current);
                state.zeroFixed(step);
                next.add_(step, further);
            }
        }
        advance();
    }

    /** Evaluates the model on the common test samples. */
    public Evaluation evaluate() {
        return evaluation().by(model);
    }

    /**
     * The same, with the same bits, by a trainer's workers.
     *
     * @param workers there may be none
     * @throws org.blazefl4j.core.ShardFailedException if a worker failed
     * @throws org.blazefl4j.core.StoppedException if the trainer was stopped meanwhile
     */
    public Evaluation evaluate(Workers workers) {
        return evaluation().by(workers, LocalModel::score).orElseGet(this::evaluate);
    }

    private EvaluationTask evaluation() {
        return new EvaluationTask(selected, current, dataset.getDataset(PartitionType.TEST), options);
    }

    /** Whether the state holds neither NaN nor infinities. */
    public boolean isFinite() {
        return Tensors.isFinite(current);
    }

    /** The SHA-256 of the state, as 64 hexadecimal digits. */
    public String sha256() {
        return Tensors.sha256(current);
    }

    /** Writes the state as the entry {@code parameters}. */
    @Override
    public void save(CheckpointWriter out) {
        out.put(PARAMETERS, current);
    }

    @Override
    public void restore(CheckpointReader in) {
        try (Tensor saved = in.get(PARAMETERS, Tensor.class)) {
            if (!Arrays.equals(saved.shape(), next.shape())
                    || saved.scalar_type().intern() != next.scalar_type().intern()) {
                throw new IllegalArgumentException("parameters of another model: shape="
                        + Arrays.toString(saved.shape())
                        + ", dtype=" + saved.scalar_type().intern() + ", limit=" + Arrays.toString(next.shape()) + ", "
                        + next.scalar_type().intern() + "; resume with the model that was saved");
            }
            next.copy_(saved);
        }
        advance();
    }

    @Override
    public void close() {
        lent.close();
        state.close();
        model.close();
        current.close();
        next.close();
    }
}

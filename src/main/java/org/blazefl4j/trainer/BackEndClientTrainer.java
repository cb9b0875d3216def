package org.blazefl4j.trainer;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.worker.Delivery;
import org.blazefl4j.worker.RoundContext;
import org.blazefl4j.worker.RoundResults;
import org.blazefl4j.worker.RoundWork;
import org.blazefl4j.worker.UplinkBuffers;
import org.blazefl4j.worker.WorkerSettings;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A trainer whose clients are trained elsewhere, by a back-end such as a cluster. Not for users: a back-end is a module
 * of the library, to which alone the types of a round's work are exported. Users choose the back-end's own trainer.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
@SuppressWarnings("exports") // types that are exported to back-ends
public abstract class BackEndClientTrainer<C, D, U> extends AbstractClientTrainer<C, D, U> {

    /** The results of the round that runs. */
    private @Nullable RoundResults<?> current;

    /** Checks the options and asks the algorithm for its worker. A subclass calls {@link #opened} when it is ready. */
    protected BackEndClientTrainer(ClientAlgorithm<C, D, U> algorithm, TrainerOptions options) {
        super(algorithm, options, StopEvent.create(), false);
    }

    /** Shares what the algorithm names. Closes the trainer if that fails. */
    protected final void opened() {
        shareDeclared();
    }

    /** Dispatches one round. Clients may start now or at the first {@code await}. */
    protected abstract <E, F, W> RoundResults<W> begin(RoundContext<E, F, W> round);

    /** Makes the tensors of some data readable for workers once. They stay the caller's, and unchanged. */
    protected abstract void publish(Object data);

    /** Ends the use of the back-end. Called once, by any thread, possibly during a round. */
    protected abstract void end();

    /** Returns the shared tensors by name. */
    protected final Map<String, Tensor> sharedByName() {
        return shared.byName();
    }

    /** Returns the settings of all workers. */
    protected final WorkerSettings settings() {
        return workerSettings(options().deviceDataShare());
    }

    @Override
    final <E, F, W> RoundResults<W> dispatch(RoundContext<E, F, W> context) {
        RoundResults<W> results = begin(context);
        current = results;
        return results;
    }

    @Override
    final Tensor toShare(String name, Tensor tensor) {
        Tensor alias = Tensors.alias(tensor);
        publish(alias);
        return alias;
    }

    @Override
    final void toShare(Object data) {
        publish(data);
    }

    @Override
    final void closeWorkers() {
        try {
            end();
        } finally {
            freeShared();
        }
    }

    @Override
    public final void localProcessInSums(
            D payload, List<Integer> cids, PackageSum<U> sum, BiConsumer<? super List<U>, Object> sink) {
        Objects.requireNonNull(sum, "sum");
        Objects.requireNonNull(sink, "sink");
        process(payload, cids, sum, Delivery.IN_ANY_ORDER, Math.max(1, cids.size()), batch -> {
            Object total = Objects.requireNonNull(current, "a round runs").total();
            try {
                sink.accept(batch, Objects.requireNonNull(total, "packages are added up"));
            } finally {
                TensorWalk.closeAll(total);
            }
        });
    }

    /**
     * Runs part of a round that another process decides about, in a trainer of this one: the far side of a back-end.
     *
     * @param part returns the part's work, given the trainer's memory for results
     * @param sink receives the packages in list order, which it then owns
     */
    public static <U, R> void runPart(
            AbstractClientTrainer<?, ?, U> trainer,
            Function<? super UplinkBuffers<U>, ? extends RoundWork<?, ?, R>> part,
            Consumer<? super List<R>> sink) {
        TrainerRounds rounds = trainer.rounds;
        RoundWork<?, ?, R> work = part.apply(trainer.clients.buffers());
        rounds.exclusively(
                () -> rounds.run(rounds.context(work, Delivery.IN_ORDER), TrainerRounds.LARGEST_BATCH, sink));
    }
}

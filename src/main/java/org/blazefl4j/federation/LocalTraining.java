package org.blazefl4j.federation;

import java.util.Optional;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.LocalVariant;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.torch.FlatOptimizer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One training of a client, or one of several in a round. Set what differs from plain local training, then
 * {@link #run()}:
 *
 * <pre>{@code
 * run.training().from(own).to(own).term(AffineTerm.pull(lambda, run.start())).streams("ditto-").run();
 * }</pre>
 */
public final class LocalTraining {

    /**
     * The number that clients send of the training that wrote their result: {@link LocalOptions#normaliser}, the pull
     * of its term included.
     */
    public static final String NORMALISER = "normaliser";

    private final LocalRun run;
    private Tensor from;
    private Tensor to;
    private AffineTerm term = AffineTerm.NONE;
    private LocalVariant.@Nullable Loss loss;
    private ParameterMask frozen = ParameterMask.NONE;
    private LocalVariant.@Nullable Hook hook;
    private LocalOptions options;
    private String streams = "";

    LocalTraining(LocalRun run) {
        this.run = run;
        this.from = run.start();
        this.to = run.result();
        this.options = run.options();
    }

    /** Sets the model to start from, which stays as it is unless it is also the {@link #to}. */
    public LocalTraining from(Tensor model) {
        from = model;
        return this;
    }

    /** Sets the vector that receives the trained model, contiguous. */
    public LocalTraining to(Tensor model) {
        to = model;
        return this;
    }

    /** Sets what is added to each gradient. */
    public LocalTraining term(AffineTerm term) {
        this.term = term;
        return this;
    }

    /** Sets the loss, instead of the cross-entropy. */
    public LocalTraining loss(LocalVariant.Loss loss) {
        this.loss = loss;
        return this;
    }

    /** Keeps some parameters as they are, and buffers if their names are among them. */
    public LocalTraining freeze(ParameterMask parameters) {
        frozen = parameters;
        return this;
    }

    /** Sets what is done at each step besides. */
    public LocalTraining hook(LocalVariant.Hook hook) {
        this.hook = hook;
        return this;
    }

    /** Sets other options than the client's. */
    public LocalTraining options(LocalOptions options) {
        this.options = options;
        return this;
    }

    /**
     * Sets a prefix of the names of random streams and kept moments, so that a second training in a round draws other
     * numbers and does not disturb the first.
     */
    public LocalTraining streams(String prefix) {
        streams = prefix;
        return this;
    }

    /**
     * Trains. If the trained model is the result, the number {@link #NORMALISER} is sent.
     *
     * @return the number of steps
     * @throws org.blazefl4j.core.StoppedException if the client's stop event was set
     */
    public long run() {
        ClientConfig config = run.config();
        ClientConfig own =
                options.equals(config.options()) ? config : new ClientConfig(config.model(), config.dataset(), options);
        try (PointerScope scope = new PointerScope()) {
            Tensor start = from.is_alias_of(to) ? from.clone() : from;
            Variant variant = new Variant();
            long steps = run.model().train(own, start, variant, to, run.context());
            variant.terms.frozen().copy(start, to);
            if (to.is_alias_of(run.result())) {
                run.send(NORMALISER, options.normaliser(run.round(), steps, term.pull()));
            }
            return steps;
        }
    }

    /** What this training does differently. */
    private final class Variant implements LocalVariant {

        private final Terms terms = term.on(run.context().device()).with(run.ranges(frozen));

        @Override
        public Terms terms() {
            return terms;
        }

        @Override
        public Optional<Hook> hook() {
            return Optional.ofNullable(hook);
        }

        @Override
        public Optional<Loss> loss() {
            return Optional.ofNullable(loss);
        }

        @Override
        public RandomStream stream(String purpose, WorkerContext context) {
            return context.stream(streams + purpose);
        }

        @Override
        public Optional<FlatOptimizer.State> moments(WorkerContext context) {
            return run.keptNumber(streams + "optimizer steps")
                    .map(steps -> new FlatOptimizer.State(
                            steps.longValue(),
                            run.kept(streams + "optimizer first").orElse(null),
                            run.kept(streams + "optimizer second").orElse(null)));
        }

        @Override
        public void keepMoments(FlatOptimizer.State moments, WorkerContext context) {
            run.keep(streams + "optimizer steps", moments.steps());
            keep("optimizer first", moments.first());
            keep("optimizer second", moments.second());
        }

        /** A second training may use the optimizer's own tensors before the client ends. */
        private void keep(String name, @Nullable Tensor moment) {
            if (moment != null) {
                run.memory().adopt(streams + name, moment.clone().retainReference());
            }
        }
    }
}

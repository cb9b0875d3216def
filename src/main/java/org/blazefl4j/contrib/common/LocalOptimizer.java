package org.blazefl4j.contrib.common;

import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.torch.FlatOptimizer;
import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Takes the steps of one client after another on a worker's model, as their {@link LocalOptions} say. */
final class LocalOptimizer implements AutoCloseable {

    private final FlatParameters state;
    private final FlatOptimizer optimizer;

    LocalOptimizer(FlatParameters state) {
        this.state = state;
        this.optimizer = new FlatOptimizer(state);
    }

    /**
     * Begins a client's round and returns what takes a step. The choice is made once: plain SGD needs neither moments
     * nor a pass over the gradients for their norm.
     */
    Runnable begin(LocalOptions options, LocalVariant variant, WorkerContext context) {
        Rates rates = new Rates(options, context.round());
        if (options.isPlain()) {
            return () -> state.sgdStep(rates.next());
        }
        optimizer.reset(options.rule(), options.maxGradNorm());
        if (options.keepsMoments()) {
            variant.moments(context).ifPresent(optimizer::load);
        }
        return () -> optimizer.step(rates.next());
    }

    /** Keeps the moments for the client's next round, if the options say so. */
    void end(LocalOptions options, LocalVariant variant, WorkerContext context) {
        if (options.keepsMoments()) {
            FlatOptimizer.State moments = optimizer.state();
            variant.keepMoments(
                    new FlatOptimizer.State(moments.steps(), onCpu(moments.first()), onCpu(moments.second())), context);
        }
    }

    private static @Nullable Tensor onCpu(@Nullable Tensor moment) {
        return moment == null || moment.is_cpu() ? moment : moment.cpu();
    }

    /** The rates of a client's steps in a round. */
    private static final class Rates {

        private final LocalOptions options;
        private final int round;
        private long step;

        Rates(LocalOptions options, int round) {
            this.options = options;
            this.round = round;
        }

        double next() {
            return options.rate(round, step++);
        }
    }

    @Override
    public void close() {
        optimizer.close();
    }
}

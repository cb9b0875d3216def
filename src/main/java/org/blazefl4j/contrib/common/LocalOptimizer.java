package org.blazefl4j.contrib.common;

import java.util.Arrays;
import org.blazefl4j.contrib.common.LocalVariant.Terms;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.step.Descent;
import org.blazefl4j.step.StepEngine;
import org.blazefl4j.step.StepSamples;
import org.blazefl4j.torch.FlatOptimizer;
import org.blazefl4j.torch.FlatParameters;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Takes the steps of one client after another on a worker's model, as their {@link LocalOptions} say. */
final class LocalOptimizer implements AutoCloseable {

    private final FlatParameters state;
    private final FlatOptimizer optimizer;
    private LocalOptions options = LocalOptions.of(SgdOptions.defaults());
    private int round;
    private long taken;

    LocalOptimizer(FlatParameters state) {
        this.state = state;
        this.optimizer = new FlatOptimizer(state);
    }

    /** Begins a client's training. */
    void begin(LocalOptions options, LocalVariant variant, WorkerContext context) {
        this.options = options;
        this.round = context.round();
        this.taken = 0;
        optimizer.reset(options.rule(), options.maxGradNorm());
        if (options.keepsMoments()) {
            variant.moments(context).ifPresent(optimizer::load);
        }
    }

    /** Takes a step. That of plain SGD needs neither moments nor a pass over the gradients for their norm. */
    void step() {
        double rate = options.rate(round, taken++);
        if (options.isPlain()) {
            state.sgdStep(rate);
        } else {
            optimizer.step(rate);
        }
    }

    /** Returns the number of steps of this training so far. */
    long taken() {
        return taken;
    }

    /** Takes steps of batches of these lengths by the native engine, from weights to others, or in place. */
    void steps(StepEngine engine, Tensor from, Tensor weights, StepSamples samples, long[] lengths, Terms terms) {
        double[] rates = new double[lengths.length];
        Arrays.setAll(rates, step -> options.rate(round, taken + step));
        Descent descent = new Descent(
                options.rule(),
                options.maxGradNorm(),
                optimizer.state(),
                terms.constant(),
                terms.pull(),
                terms.anchor(),
                terms.frozen());
        engine.train(from, weights, samples, lengths, rates, descent);
        taken += lengths.length;
        optimizer.count(lengths.length);
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

    @Override
    public void close() {
        optimizer.close();
    }
}

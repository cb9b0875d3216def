package org.blazefl4j.contrib.common;

import org.blazefl4j.contrib.common.LocalVariant.Terms;
import org.blazefl4j.contrib.support.TrainingLoop;
import org.blazefl4j.data.DataLoader.Epoch;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.step.StepEngine;
import org.blazefl4j.step.StepSamples;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Takes the steps of one training by the native engine, many in one go, on samples that it reads where they are. The
 * model itself takes no part: steps lead from one vector of weights to another.
 */
final class RowSteps implements TrainingLoop.Steps {

    /** The steps that are taken without a look at the stop event. */
    private static final int AT_ONCE = 32;

    private final StepEngine engine;
    private final Dataset.Rows rows;
    private final LocalOptimizer optimizer;
    private final Terms terms;
    private final long seed;
    private final Tensor start;
    private final Tensor result;

    /**
     * Takes no step yet.
     *
     * @param optimizer begun for this training
     * @param seed of dropout
     * @param start the weights to start at, contiguous
     * @param result receives the trained weights, contiguous
     */
    RowSteps(
            StepEngine engine,
            Dataset.Rows rows,
            LocalOptimizer optimizer,
            Terms terms,
            long seed,
            Tensor start,
            Tensor result) {
        this.engine = engine;
        this.rows = rows;
        this.optimizer = optimizer;
        this.terms = terms;
        this.seed = seed;
        this.start = start;
        this.result = result;
    }

    @Override
    public long take(Epoch epoch, long most) {
        try (PointerScope scope = new PointerScope()) {
            Epoch.Positions next = epoch.nextPositions((int) Math.min(most, AT_ONCE));
            StepSamples samples = StepSamples.of(rows, next.samples()).drawing(seed, optimizer.taken());
            Tensor from = optimizer.taken() == 0 ? start : result;
            optimizer.steps(engine, from, result, samples, next.lengths(), terms);
            return next.lengths().length;
        }
    }
}

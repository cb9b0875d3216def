package org.blazefl4j.federation.algorithm;

import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * The client of q-FedAvg: trains on the cross-entropy, and sends its loss of the received model to the power of q, and
 * what {@link FairMean} divides by.
 */
record Fair(double q) implements LocalObjective {

    static final String WEIGHT = "fair weight";
    static final String BOUND = "fair bound";

    /** Keeps a loss of 0 above it, as in the authors' code. */
    private static final double LEAST = 1e-10;

    @Override
    public void check(Federation federation) {
        Whole.require(federation.aggregation() instanceof FairMean.Rule, "q-FedAvg", federation);
    }

    @Override
    public void train(LocalRun run) {
        double loss = run.loss(run.start()) + LEAST;
        run.training().run();
        Tensor change = run.result().sub(run.start());
        run.zeroFixed(change);
        double square = Tensors.sumOfSquares(change);
        double rate = run.options().rate(run.round(), 0);
        double lipschitz = 1 / (rate > 0 ? rate : run.options().lr());
        double weight = Math.pow(loss, q);
        run.send(WEIGHT, weight);
        run.send(BOUND, square == 0 ? weight : q * Math.pow(loss, q - 1) * lipschitz * square + weight);
    }
}

package org.blazefl4j.federation.algorithm;

import java.util.Map;
import java.util.Optional;
import org.blazefl4j.federation.AffineTerm;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.federation.Weighting;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The client of FedDyn: minimises the cross-entropy {@code - <g_k, w> + alpha_k / 2 * |w - x|^2}. Keeps {@code -g_k},
 * the sum of {@code alpha_k * (y_k - x)} over its rounds.
 *
 * @param alpha of a client with the mean weight; {@code alpha_k} is larger the less a client weighs
 * @param meanWeight that weight
 */
record Dynamic(double alpha, Weighting weighting, double meanWeight) implements LocalObjective {

    private static final String LINEAR = "linear";

    @Override
    public void train(LocalRun run) {
        double strength = strength(run.config().dataset().size());
        Optional<Tensor> linear = run.kept(LINEAR);
        run.training()
                .term(new AffineTerm(linear.orElse(null), strength, run.start()))
                .run();
        Tensor next = run.result().sub(run.start()).mul_(new Scalar(strength));
        run.zeroFixed(next);
        linear.ifPresent(next::add_);
        run.keep(LINEAR, next);
    }

    @Override
    public void check(Federation federation) {
        Whole.require(federation.optimizer().equals(new DynamicServer(alpha)), "FedDyn", federation);
    }

    private double strength(long samples) {
        return alpha * meanWeight / weighting.of(samples, Map.of());
    }
}

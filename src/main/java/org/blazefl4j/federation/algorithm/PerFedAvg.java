package org.blazefl4j.federation.algorithm;

import org.blazefl4j.contrib.common.LocalVariant;
import org.blazefl4j.data.Batch;
import org.blazefl4j.federation.LocalBatches;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.torch.FlatRanges;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The client of Per-FedAvg: each step follows the gradient where a step of another batch leads.
 *
 * @param difference half the distance, in gradients, of the points whose difference is the Hessian's product; 0 leaves
 *     it out
 */
record PerFedAvg(double rate, double difference) implements LocalObjective {

    private static final String INNER = "per-fedavg-inner-";
    private static final String HESSIAN = "per-fedavg-hessian-";

    PerFedAvg {
        Arguments.requireNotNegative("rate of the inner step", "alpha", rate);
        Arguments.requireNotNegative("difference", "delta", difference);
    }

    @Override
    public void train(LocalRun run) {
        try (LocalBatches inner = run.batches(INNER);
                LocalBatches hessian = run.batches(HESSIAN)) {
            run.training().hook(new Steps(run, inner, hessian)).run();
        }
    }

    /** Takes one step on one batch. */
    @Override
    public void personalise(LocalRun run) {
        Tensor result = run.result().copy_(run.start());
        try (LocalBatches inner = run.batches(INNER);
                Batch batch = inner.next()) {
            Tensor gradient = run.newVector();
            run.gradient(result.clone(), batch, INNER, gradient);
            result.add_(gradient, new Scalar(-rate));
        }
    }

    private final class Steps implements LocalVariant.Hook {

        private final LocalRun run;
        private final LocalBatches inner;
        private final LocalBatches hessian;
        private final FlatRanges fixed;
        private final Tensor before;

        Steps(LocalRun run, LocalBatches inner, LocalBatches hessian) {
            this.run = run;
            this.inner = inner;
            this.hessian = hessian;
            this.fixed = run.model().fixed();
            this.before = torch.empty_like(run.onDevice(run.start()));
        }

        /** Moves the model to where the inner step leads. */
        @Override
        public void before(Batch batch, Tensor model) {
            before.copy_(model);
            Tensor gradient = torch.empty_like(model);
            try (Batch other = inner.next()) {
                run.gradient(model.clone(), other, INNER, gradient);
            }
            model.add_(gradient, new Scalar(-rate));
        }

        /** Moves it back, but for its buffers. */
        @Override
        public void after(Batch batch, Tensor model, Tensor gradient) {
            fixed.copy(model, before);
            model.copy_(before);
            if (difference > 0) {
                gradient.sub_(product(model, gradient).mul_(new Scalar(rate)));
            }
        }

        /**
         * Returns nearly the Hessian at a model times a vector. Both gradients drop the same units: the difference of
         * others would be far from small.
         */
        private Tensor product(Tensor at, Tensor vector) {
            Tensor ahead = torch.empty_like(vector);
            Tensor behind = torch.empty_like(vector);
            Generator dropout = run.context().generator(HESSIAN + "dropout");
            Tensor drawn = dropout.get_state();
            try (Batch batch = hessian.next()) {
                run.gradient(at.add(vector, new Scalar(difference)), batch, HESSIAN, ahead);
                dropout.set_state(drawn);
                run.gradient(at.sub(vector, new Scalar(difference)), batch, HESSIAN, behind);
            }
            return ahead.sub_(behind).div_(new Scalar(2 * difference));
        }
    }
}

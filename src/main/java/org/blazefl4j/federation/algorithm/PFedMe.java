package org.blazefl4j.federation.algorithm;

import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.LocalVariant;
import org.blazefl4j.data.Batch;
import org.blazefl4j.federation.AffineTerm;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.torch.FlatRanges;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The client of pFedMe: descends the Moreau envelope of its loss. */
record PFedMe(double lambda, int steps, double rate) implements LocalObjective {

    private static final String STREAMS = "pfedme-";

    PFedMe {
        Arguments.requirePositive("pull", "lambda", lambda);
        Arguments.require(steps >= 1, "too few steps of the personal model: steps=" + steps + ", limit=1 or more");
        Arguments.requirePositive("rate of the personal model", "personal_rate", rate);
    }

    @Override
    public void train(LocalRun run) {
        run.training().hook(new Envelope(run)).run();
    }

    /** Trains a personal model from the received one, to which it is pulled; moments of w do not move it. */
    @Override
    public void personalise(LocalRun run) {
        LocalOptions options = run.options();
        run.training()
                .term(AffineTerm.pull(lambda, run.start()))
                .options(options.withBase(options.base().withLr(rate)))
                .streams(STREAMS)
                .run();
    }

    /** Replaces each gradient by that of the envelope, {@code lambda * (w - theta)}. */
    private final class Envelope implements LocalVariant.Hook {

        private final LocalRun run;
        private final FlatRanges fixed;

        Envelope(LocalRun run) {
            this.run = run;
            this.fixed = run.model().fixed();
        }

        /** The first step from w follows the gradient at w, which is there. */
        @Override
        public void after(Batch batch, Tensor model, Tensor gradient) {
            Tensor theta = model.clone().add_(gradient, new Scalar(-rate));
            for (int step = 1; step < steps; step++) {
                run.gradient(theta, batch, STREAMS, gradient);
                fixed.copy(model, theta);
                gradient.add_(theta.sub(model), new Scalar(lambda));
                theta.add_(gradient, new Scalar(-rate));
            }
            torch.sub_out(gradient, model, theta);
            gradient.mul_(new Scalar(lambda));
        }
    }
}

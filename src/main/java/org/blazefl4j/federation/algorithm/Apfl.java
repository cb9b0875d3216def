package org.blazefl4j.federation.algorithm;

import org.blazefl4j.contrib.common.LocalVariant;
import org.blazefl4j.data.Batch;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.torch.FlatRanges;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The client of APFL: federated averaging, and a model of its own that is trained as a part of a mixture. */
record Apfl(double share, boolean adaptive) implements LocalObjective {

    /** The name of the client's own model, and of its random streams. */
    private static final String OWN = "apfl-";

    private static final String SHARE = "apfl share";

    Apfl {
        Arguments.require(
                share >= 0 && share <= 1,
                "share of the client's own model out of range: share=" + share + ", limit=[0, 1]");
    }

    @Override
    public void train(LocalRun run) {
        Mixture mixture = new Mixture(run, run.onDevice(own(run)).clone(), share(run));
        run.training().hook(mixture).run();
        run.keep(OWN, mixture.own.cpu());
        if (adaptive) {
            run.keep(SHARE, mixture.share);
        }
    }

    @Override
    public void personalise(LocalRun run) {
        mix(run.start(), own(run), share(run), run.model().fixed(), run.result());
    }

    private static Tensor own(LocalRun run) {
        return run.kept(OWN).orElseGet(run::initial);
    }

    private double share(LocalRun run) {
        return adaptive ? run.keptNumber(SHARE).orElse(share) : share;
    }

    /**
     * Writes {@code a v + (1 - a) w}, with the buffers of v, because statistics of two models say nothing of a third.
     */
    private static void mix(Tensor global, Tensor own, double share, FlatRanges fixed, Tensor out) {
        out.copy_(global).mul_(new Scalar(1 - share)).add_(own, new Scalar(share));
        fixed.copy(own, out);
    }

    /** Trains the client's own model beside the one that it sends, on the same batches. */
    private final class Mixture implements LocalVariant.Hook {

        private final LocalRun run;
        private final Tensor own;
        private final FlatRanges fixed;
        private final Tensor mixed;
        private final Tensor gradient;
        private double share;
        private long step;

        Mixture(LocalRun run, Tensor own, double share) {
            this.run = run;
            this.own = own;
            this.share = share;
            this.fixed = run.model().fixed();
            this.mixed = torch.empty_like(own);
            this.gradient = torch.empty_like(own);
        }

        @Override
        public void before(Batch batch, Tensor model) {
            double rate = run.options().rate(run.round(), step++);
            mix(model, own, share, fixed, mixed);
            run.gradient(mixed, batch, OWN, gradient);
            fixed.copy(mixed, own);
            double slope = adaptive ? slope(model) : 0;
            own.add_(gradient, new Scalar(-rate * share));
            share = Math.min(1, Math.max(0, share - rate * slope));
        }

        /** Returns the derivative of the mixture's loss by the share. */
        private double slope(Tensor model) {
            Tensor towards = own.sub(model).to(ScalarType.Double);
            return gradient.to(ScalarType.Double).dot(towards).item_double();
        }
    }
}

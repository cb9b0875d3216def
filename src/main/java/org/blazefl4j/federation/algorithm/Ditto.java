package org.blazefl4j.federation.algorithm;

import org.blazefl4j.federation.AffineTerm;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;

/** The client of Ditto: federated averaging, and a second training of a model of its own. */
record Ditto(double lambda) implements LocalObjective {

    /** The name of the client's own model, and of its random streams. */
    private static final String OWN = "ditto-";

    Ditto {
        Arguments.requireNotNegative("pull", "lambda", lambda);
    }

    @Override
    public void train(LocalRun run) {
        run.training().run();
        Tensor own = run.newVector();
        run.training()
                .from(own(run))
                .to(own)
                .term(AffineTerm.pull(lambda, run.start()))
                .streams(OWN)
                .run();
        run.keep(OWN, own);
    }

    @Override
    public void personalise(LocalRun run) {
        run.result().copy_(own(run));
    }

    private static Tensor own(LocalRun run) {
        return run.kept(OWN).orElseGet(run::initial);
    }
}

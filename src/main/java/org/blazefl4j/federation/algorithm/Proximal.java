package org.blazefl4j.federation.algorithm;

import org.blazefl4j.federation.AffineTerm;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.util.Arguments;

/** FedProx's objective: the cross-entropy and {@code mu / 2 * |w - x|^2}. */
record Proximal(double mu) implements LocalObjective {

    static void check(double mu) {
        Arguments.require(
                mu >= 0 && mu < Double.POSITIVE_INFINITY,
                "proximal strength out of range: mu=" + mu + ", limit=0 or more and finite");
    }

    @Override
    public void train(LocalRun run) {
        run.training().term(AffineTerm.pull(mu, run.start())).run();
    }
}

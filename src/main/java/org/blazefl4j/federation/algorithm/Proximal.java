package org.blazefl4j.federation.algorithm;

import org.blazefl4j.federation.AffineTerm;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.LocalRun;
import org.blazefl4j.util.Arguments;

/** FedProx's objective: the cross-entropy and {@code mu / 2 * |w - x|^2}. */
record Proximal(double mu) implements LocalObjective {

    static void check(double mu) {
        Arguments.requireNotNegative("proximal strength", "mu", mu);
    }

    @Override
    public void train(LocalRun run) {
        run.training().term(AffineTerm.pull(mu, run.start())).run();
    }

    @Override
    public boolean acceptsDeviceTensors() {
        return true;
    }
}

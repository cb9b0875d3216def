package org.blazefl4j.federation.algorithm;

import java.util.List;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.ServerOptimizer;
import org.blazefl4j.federation.ServerStep;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The server of FedDyn: keeps {@code h}, the mean of all clients' {@code g_k}, and sends {@code mean - h / alpha}. A
 * round without clients has no mean and moves nothing.
 */
record DynamicServer(double alpha) implements ServerOptimizer {

    @Override
    public List<Double> initial() {
        return List.of(0.0);
    }

    @Override
    public boolean evaluatesMean() {
        return true;
    }

    @Override
    public void check(Federation federation) {
        Whole.require(
                federation.objective() instanceof Dynamic client && client.alpha() == alpha, "FedDyn", federation);
    }

    @Override
    public void step(Tensor change, ServerStep step) {
        if (step.clients() == 0) {
            return;
        }
        Tensor h = step.kept().get(0);
        h.sub_(change, new Scalar(alpha * step.clients() / step.numClients()));
        change.sub_(h.div(new Scalar(alpha)));
    }
}

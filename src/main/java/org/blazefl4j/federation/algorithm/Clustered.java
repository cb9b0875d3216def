package org.blazefl4j.federation.algorithm;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.federation.LocalObjective;
import org.blazefl4j.federation.LocalRun;
import org.bytedeco.pytorch.Tensor;

/**
 * The client of IFCA: trains the received model with the least loss on its samples, and sends which one that is as the
 * number {@code cluster}, and its loss as {@code loss}.
 */
record Clustered() implements LocalObjective {

    static final String CLUSTER = "cluster";

    @Override
    public void train(LocalRun run) {
        Choice choice = choose(run);
        run.send(CLUSTER, choice.cluster());
        run.send("loss", choice.loss());
        run.training().run();
    }

    @Override
    public void personalise(LocalRun run) {
        choose(run);
        run.result().copy_(run.start());
    }

    private record Choice(int cluster, double loss) {}

    /** Makes the client start from the best model: the first one if several are, or if all losses are NaN. */
    private static Choice choose(LocalRun run) {
        List<Tensor> models = new ArrayList<>(List.of(run.received().parameters()));
        models.addAll(run.received().vectors());
        Choice best = new Choice(0, Double.POSITIVE_INFINITY);
        for (int cluster = 0; cluster < models.size(); cluster++) {
            run.startFrom(models.get(cluster));
            double loss = run.loss(run.start());
            if (loss < best.loss()) {
                best = new Choice(cluster, loss);
            }
        }
        run.startFrom(models.get(best.cluster()));
        return best;
    }
}

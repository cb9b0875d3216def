package org.blazefl4j.federation.algorithm;

import java.util.List;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.ServerOptimizer;
import org.blazefl4j.federation.ServerStep;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Another optimizer, whose moves are multiplied by a schedule's factor of the round. */
record Scheduled(ServerOptimizer optimizer, Schedule schedule) implements ServerOptimizer {

    @Override
    public void step(Tensor change, ServerStep step) {
        optimizer.step(change, step);
        change.mul_(new Scalar(schedule.factor(step.round(), 0)));
    }

    @Override
    public List<Double> initial() {
        return optimizer.initial();
    }

    @Override
    public void check(Federation federation) {
        optimizer.check(federation);
    }

    @Override
    public boolean evaluatesMean() {
        return optimizer.evaluatesMean();
    }
}

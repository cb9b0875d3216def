package org.blazefl4j.core.stop;

import java.util.Optional;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.StopRule;
import org.blazefl4j.util.Arguments;

/** Ends when the last value of a figure is good enough. */
final class TargetRule implements StopRule {

    private final Metric metric;
    private final double target;
    private double last = Double.NaN;

    TargetRule(Metric metric, double target) {
        Arguments.require(
                !Double.isNaN(target), "target is not a number: " + metric.name() + "=" + target + "; give a number");
        this.metric = metric;
        this.target = target;
    }

    @Override
    public void roundFinished(RoundReport report) {
        metric.of(report).ifPresent(value -> last = value);
    }

    @Override
    public Optional<String> reason() {
        return metric.score(last) >= metric.score(target)
                ? Optional.of(
                        metric.name() + " is " + last + ", " + (metric.larger() ? "at least " : "at most ") + target)
                : Optional.empty();
    }

    private String entry() {
        return "last " + metric;
    }

    @Override
    public void save(CheckpointWriter out) {
        out.put(entry(), last);
    }

    @Override
    public void restore(CheckpointReader in) {
        last = in.names().contains(entry()) ? in.get(entry(), Double.class) : Double.NaN;
    }
}

package org.blazefl4j.core.stop;

import java.util.Optional;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.StopRule;
import org.blazefl4j.util.Arguments;

/** Ends when a figure has not improved in some evaluations, each of which is after a round. */
final class PatienceRule implements StopRule {

    private final Metric metric;
    private final int rounds;
    private Best best = Best.NONE;

    /**
     * The best value until now.
     *
     * @param round its round, from 1; 0 if there is none
     * @param since the evaluations after it
     */
    private record Best(double value, int round, int since) {

        static final Best NONE = new Best(Double.NaN, 0, 0);
    }

    PatienceRule(Metric metric, int rounds) {
        Arguments.require(
                rounds >= 1,
                "too little patience: metric=" + metric.name() + ", rounds=" + rounds + ", limit=1 or more");
        this.metric = metric;
        this.rounds = rounds;
    }

    @Override
    public void roundFinished(RoundReport report) {
        metric.of(report).ifPresent(value -> look(value, report.round() + 1));
    }

    private void look(double value, int round) {
        boolean first = Double.isNaN(best.value) && !Double.isNaN(value);
        boolean better = first || metric.score(value) > metric.score(best.value);
        best = better ? new Best(value, round, 0) : new Best(best.value, best.round, best.since + 1);
    }

    @Override
    public Optional<String> reason() {
        if (best.since < rounds) {
            return Optional.empty();
        }
        String text = metric.name() + " has not improved in " + best.since
                + (best.since == 1 ? " evaluation" : " evaluations");
        return Optional.of(best.round == 0 ? text : text + ": best " + best.value + " in round " + best.round);
    }

    private String entry() {
        return "best " + metric;
    }

    @Override
    public void save(CheckpointWriter out) {
        out.put(entry(), best);
    }

    @Override
    public void restore(CheckpointReader in) {
        best = in.names().contains(entry()) ? in.get(entry(), Best.class) : Best.NONE;
    }
}

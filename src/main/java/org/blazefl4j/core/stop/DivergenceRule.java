package org.blazefl4j.core.stop;

import java.util.Optional;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.StopRule;
import org.jspecify.annotations.Nullable;

/** Ends when a result or the server's loss is not finite. */
final class DivergenceRule implements StopRule {

    private static final String ENTRY = "divergence";

    private @Nullable String reason;

    @Override
    public void roundFinished(RoundReport report) {
        Object loss = report.summary().get("loss");
        boolean diverged = loss instanceof Double value && !Double.isFinite(value);
        if (!report.nonFinite().isEmpty()) {
            found(report, "client=" + report.nonFinite().get(0) + " is the first whose result is not finite");
        } else if (diverged) {
            found(report, "loss=" + loss + " of the server's model");
        }
    }

    private void found(RoundReport report, String what) {
        reason = "training diverged: round=" + (report.round() + 1) + ", " + what
                + "; lower the learning rate, or clip gradients";
    }

    @Override
    public Optional<String> reason() {
        return Optional.ofNullable(reason);
    }

    @Override
    public void save(CheckpointWriter out) {
        out.put(ENTRY, reason);
    }

    @Override
    public void restore(CheckpointReader in) {
        reason = in.names().contains(ENTRY) ? in.get(ENTRY, String.class) : null;
    }
}

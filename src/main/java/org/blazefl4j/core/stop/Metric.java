package org.blazefl4j.core.stop;

import java.util.Objects;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.util.Arguments;

/** A figure of a round's summary, and whether larger values of it are better. */
record Metric(String name, boolean larger) {

    Metric {
        Objects.requireNonNull(name, "metric");
    }

    /** Returns a value that is larger if it is better. */
    double score(double value) {
        return larger ? value : -value;
    }

    double of(RoundReport report) {
        Object value = report.summary().get(name);
        Arguments.require(
                value instanceof Number,
                "figure to stop by is missing: metric=" + name + ", round=" + (report.round() + 1) + ", value=" + value
                        + ", expected=a number among " + report.summary().keySet());
        return ((Number) Objects.requireNonNull(value)).doubleValue();
    }

    @Override
    public String toString() {
        return name + (larger ? " (larger is better)" : " (smaller is better)");
    }
}

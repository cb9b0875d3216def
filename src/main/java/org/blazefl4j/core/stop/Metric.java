package org.blazefl4j.core.stop;

import java.util.Objects;
import java.util.OptionalDouble;
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

    /**
     * Returns the figure of a round; none if the round was not evaluated.
     *
     * @throws IllegalArgumentException if it was, and lacks the figure
     */
    OptionalDouble of(RoundReport report) {
        Object value = report.summary().get(name);
        if (value == null && !report.evaluated()) {
            return OptionalDouble.empty();
        }
        Arguments.require(
                value instanceof Number,
                "figure to stop by is missing: metric=" + name + ", round=" + (report.round() + 1) + ", value=" + value
                        + ", expected=a number among " + report.summary().keySet());
        return OptionalDouble.of(((Number) Objects.requireNonNull(value)).doubleValue());
    }

    @Override
    public String toString() {
        return name + (larger ? " (larger is better)" : " (smaller is better)");
    }
}

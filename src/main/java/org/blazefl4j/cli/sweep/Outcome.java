package org.blazefl4j.cli.sweep;

import java.util.Map;

/**
 * What became of a run.
 *
 * @param figures of its last round and of the whole run; empty unless it completed
 * @param failure why it failed; empty if it has not
 */
record Outcome(Map<String, Double> figures, String failure) {

    /** A run that has not ended. */
    static final Outcome OPEN = new Outcome(Map.of(), "");

    static Outcome completed(Map<String, Double> figures) {
        return new Outcome(figures, "");
    }

    static Outcome failed(String why) {
        return new Outcome(Map.of(), why);
    }

    boolean isComplete() {
        return !figures.isEmpty();
    }

    @Override
    public String toString() {
        return isComplete() ? "completed" : failure.isEmpty() ? "open" : "failed";
    }
}

package org.blazefl4j.benchmarks;

/**
 * A bound on a measurement.
 *
 * @param ofRatio true if it bounds the ratio to the baseline, false if it bounds the value
 * @param atLeast true for a lower bound, false for an upper bound
 * @param bound the bound
 */
record Limit(boolean ofRatio, boolean atLeast, double bound) {

    static Limit valueAtMost(double bound) {
        return new Limit(false, false, bound);
    }

    static Limit ratioAtMost(double bound) {
        return new Limit(true, false, bound);
    }

    static Limit ratioAtLeast(double bound) {
        return new Limit(true, true, bound);
    }

    /** Returns whether the measurement's median is within the limit. */
    boolean isMetBy(Measurement measurement) {
        double figure = ofRatio ? measurement.ratio() : measurement.median();
        return atLeast ? figure >= bound : figure <= bound;
    }

    /** Returns the limit as text, such as {@code ≤ 4 ms} or {@code ≥ 0.97 ×}. */
    String text(String unit) {
        String number = bound == Math.rint(bound) ? String.valueOf((long) bound) : String.valueOf(bound);
        return (atLeast ? "≥ " : "≤ ") + number + (ofRatio ? " ×" : " " + unit);
    }
}

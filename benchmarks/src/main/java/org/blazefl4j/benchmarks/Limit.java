package org.blazefl4j.benchmarks;

/**
 * A bound on a measurement.
 *
 * @param ofRatio whether it bounds the ratio to the baseline, or the value itself
 * @param atLeast whether the figure must not be below it, or not above
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

    /** Whether the measurement's median keeps to it. */
    boolean isMetBy(Measurement measurement) {
        double figure = ofRatio ? measurement.ratio() : measurement.median();
        return atLeast ? figure >= bound : figure <= bound;
    }

    /** As in {@code ≤ 4 ms} or {@code ≥ 0.97 ×}. */
    String text(String unit) {
        String number = bound == Math.rint(bound) ? String.valueOf((long) bound) : String.valueOf(bound);
        return (atLeast ? "≥ " : "≤ ") + number + (ofRatio ? " ×" : " " + unit);
    }
}

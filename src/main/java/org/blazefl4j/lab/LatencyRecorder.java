package org.blazefl4j.lab;

import java.time.Duration;
import org.HdrHistogram.Histogram;

/** Collects times into a histogram. */
final class LatencyRecorder {

    private static final int SIGNIFICANT_DIGITS = 3;

    private final Histogram histogram = new Histogram(SIGNIFICANT_DIGITS);

    void add(Duration time) {
        histogram.recordValue(time.toNanos());
    }

    int count() {
        return Math.toIntExact(histogram.getTotalCount());
    }

    Latencies latencies() {
        return new Latencies(
                Duration.ofNanos(Math.round(histogram.getMean())),
                percentile(50),
                percentile(90),
                percentile(99),
                Duration.ofNanos(histogram.getMaxValue()));
    }

    private Duration percentile(double percentile) {
        return Duration.ofNanos(histogram.getValueAtPercentile(percentile));
    }
}

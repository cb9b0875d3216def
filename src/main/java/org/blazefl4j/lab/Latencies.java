package org.blazefl4j.lab;

import java.time.Duration;
import org.HdrHistogram.Histogram;

/**
 * The distribution of measured times. Values are exact to 0.1 % (HdrHistogram).
 *
 * @param mean the arithmetic mean
 * @param p50 the median
 * @param p90 the 90th percentile
 * @param p99 the 99th percentile
 * @param max the longest time
 */
public record Latencies(Duration mean, Duration p50, Duration p90, Duration p99, Duration max) {

    /** Returns the distribution of recorded nanoseconds. */
    static Latencies of(Histogram nanos) {
        return new Latencies(
                Duration.ofNanos(Math.round(nanos.getMean())),
                Duration.ofNanos(nanos.getValueAtPercentile(50)),
                Duration.ofNanos(nanos.getValueAtPercentile(90)),
                Duration.ofNanos(nanos.getValueAtPercentile(99)),
                Duration.ofNanos(nanos.getMaxValue()));
    }
}

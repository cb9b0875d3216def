package org.blazefl4j.lab;

import java.time.Duration;

/**
 * How long something took, many times over, by HdrHistogram: each value is within 0.1 % of what was measured.
 *
 * @param mean the arithmetic mean
 * @param p50 the median: half of the times were no longer
 * @param p90 nine in ten were no longer
 * @param p99 99 in a hundred were no longer
 * @param max the longest
 */
public record Latencies(Duration mean, Duration p50, Duration p90, Duration p99, Duration max) {}

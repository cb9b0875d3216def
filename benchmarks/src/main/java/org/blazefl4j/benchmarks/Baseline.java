package org.blazefl4j.benchmarks;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/**
 * Marks the benchmark that is the baseline of the others of its class, iteration by iteration, for equal parameters.
 */
@Retention(RetentionPolicy.RUNTIME)
@interface Baseline {}

package org.blazefl4j.benchmarks;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** Marks the benchmark that those of the same class and parameters are held against, iteration by iteration. */
@Retention(RetentionPolicy.RUNTIME)
@interface Baseline {}

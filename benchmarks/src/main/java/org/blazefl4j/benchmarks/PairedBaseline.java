package org.blazefl4j.benchmarks;

import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Adds, to JMH's figure of a single-shot benchmark, the baseline that the benchmark measures before each invocation, so
 * that both see the same machine.
 */
public final class PairedBaseline implements InternalProfiler {

    /** The name that JMH has for it. */
    static final String LABEL = "baseline";

    private static volatile double millis = Double.NaN;

    /** Sets the baseline of the next invocation. */
    static void set(double baselineMillis) {
        millis = baselineMillis;
    }

    @Override
    public String getDescription() {
        return "the baseline measured before each invocation";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        millis = Double.NaN;
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        return Double.isNaN(millis) ? List.of() : List.of(new ScalarResult(LABEL, millis, "ms", AggregationPolicy.AVG));
    }
}

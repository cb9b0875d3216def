package org.blazefl4j.benchmarks;

import java.util.concurrent.TimeUnit;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.util.PhaseClock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures what it costs to tell where a round's time goes: the switches between phases for one client in a worker
 * process, which is dealt, waited for, taken and handed over. The baseline reads the clock as often.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PhaseTiming {

    private final PhaseClock<Phase> clock = new PhaseClock<>(Phase.class);

    /** Makes one client's switches. */
    @Benchmark
    public PhaseClock<Phase> client() {
        clock.enter(Phase.DEAL);
        clock.enter(Phase.TRAIN);
        clock.enter(Phase.COLLECT);
        clock.pause();
        clock.enter(Phase.COLLECT);
        return clock;
    }

    /** Only reads the clock. */
    @Benchmark
    @Baseline
    public long looks() {
        return System.nanoTime() ^ System.nanoTime() ^ System.nanoTime() ^ System.nanoTime() ^ System.nanoTime();
    }
}

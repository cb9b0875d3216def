package org.blazefl4j.core;

import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/**
 * How long each phase of a round took on the thread that ran it. Phases do not overlap, so they add up to the round.
 * Immutable.
 */
public final class PhaseTimes {

    private static final Phase[] PHASES = Phase.values();

    /** Nothing was measured. */
    public static final PhaseTimes NONE = new PhaseTimes(new long[PHASES.length]);

    private final long[] nanos;

    /** Takes ownership of the array of one time per phase. */
    PhaseTimes(long[] nanos) {
        this.nanos = nanos;
    }

    /**
     * Returns times that were measured elsewhere; a missing phase took none.
     *
     * @throws IllegalArgumentException if one is negative
     */
    public static PhaseTimes of(Map<Phase, Duration> times) {
        long[] nanos = new long[PHASES.length];
        times.forEach((phase, time) -> {
            if (time.isNegative()) {
                throw new IllegalArgumentException(
                        "negative time: phase=" + phase + ", time=" + time + ", limit=PT0S or more");
            }
            nanos[phase.ordinal()] = time.toNanos();
        });
        return new PhaseTimes(nanos);
    }

    /** Returns how long a phase took. */
    public Duration of(Phase phase) {
        return Duration.ofNanos(nanos[phase.ordinal()]);
    }

    /** Returns the sum of all phases. */
    public Duration total() {
        return Duration.ofNanos(totalNanos());
    }

    /** Returns the time in the trainer, publishing included. */
    public Duration training() {
        return of(Phase.PUBLISH).plus(of(Phase.DEAL)).plus(of(Phase.TRAIN)).plus(of(Phase.COLLECT));
    }

    /** Returns the sum, phase by phase. */
    public PhaseTimes plus(PhaseTimes other) {
        long[] sum = nanos.clone();
        for (int phase = 0; phase < sum.length; phase++) {
            sum[phase] += other.nanos[phase];
        }
        return new PhaseTimes(sum);
    }

    /**
     * Replaces one phase's time by {@code parts} and adds what they leave to {@code rest}. Without parts nothing
     * changes.
     */
    PhaseTimes divide(Phase phase, PhaseTimes parts, Phase rest) {
        long known = parts.totalNanos();
        if (known == 0) {
            return this;
        }
        long[] divided = plus(parts).nanos;
        divided[phase.ordinal()] -= nanos[phase.ordinal()];
        divided[rest.ordinal()] += Math.max(0, nanos[phase.ordinal()] - known);
        return new PhaseTimes(divided);
    }

    private long totalNanos() {
        return Arrays.stream(nanos).sum();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PhaseTimes times && Arrays.equals(nanos, times.nanos);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(nanos);
    }

    /** Returns {@code {SAMPLE=PT0.001S, ...}}. */
    @Override
    public String toString() {
        Map<Phase, Duration> times = new EnumMap<>(Phase.class);
        for (Phase phase : PHASES) {
            times.put(phase, of(phase));
        }
        return times.toString();
    }
}

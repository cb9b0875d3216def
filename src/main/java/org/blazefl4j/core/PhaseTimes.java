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

    /** No time in any phase: nothing was measured. */
    public static final PhaseTimes NONE = new PhaseTimes(new long[PHASES.length]);

    private final long[] nanos;

    /** Takes the array over; it has a place for each phase. */
    PhaseTimes(long[] nanos) {
        this.nanos = nanos;
    }

    /**
     * Times that were measured elsewhere.
     *
     * @param times by phase; phases that it lacks took none
     * @throws IllegalArgumentException if one is negative
     */
    public static PhaseTimes of(Map<Phase, Duration> times) {
        long[] nanos = new long[PHASES.length];
        times.forEach((phase, time) -> {
            if (time.isNegative()) {
                throw new IllegalArgumentException("time is negative: phase=" + phase + ", time=" + time
                        + ", limit=PT0S; give how long the phase took");
            }
            nanos[phase.ordinal()] = time.toNanos();
        });
        return new PhaseTimes(nanos);
    }

    /** How long a phase took. */
    public Duration of(Phase phase) {
        return Duration.ofNanos(nanos[phase.ordinal()]);
    }

    /** The sum of all phases. */
    public Duration total() {
        return Duration.ofNanos(totalNanos());
    }

    /** What goes by in the trainer, publishing included. */
    Duration training() {
        return of(Phase.PUBLISH).plus(of(Phase.DEAL)).plus(of(Phase.TRAIN)).plus(of(Phase.COLLECT));
    }

    /** The sum, phase by phase. */
    public PhaseTimes plus(PhaseTimes other) {
        long[] sum = nanos.clone();
        for (int phase = 0; phase < sum.length; phase++) {
            sum[phase] += other.nanos[phase];
        }
        return new PhaseTimes(sum);
    }

    /**
     * The same time with one phase's divided as {@code parts} says. What they leave goes to {@code rest}, or stays
     * where it was if there are none.
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

    /** Each phase with its time, as {@code {SAMPLE=PT0.001S, ...}}. */
    @Override
    public String toString() {
        Map<Phase, Duration> times = new EnumMap<>(Phase.class);
        for (Phase phase : PHASES) {
            times.put(phase, of(phase));
        }
        return times.toString();
    }
}

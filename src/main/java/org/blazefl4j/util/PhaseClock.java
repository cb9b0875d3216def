package org.blazefl4j.util;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A stopwatch for phases of work. Every moment belongs to one phase, or to none before the first phase and after
 * {@link #pause()}. A switch reads the system's clock once and allocates nothing. Used by one thread.
 *
 * @param <E> the phases
 */
public final class PhaseClock<E extends Enum<E>> {

    private final Class<E> phases;
    private final long[] nanos;
    private final LongSupplier clock;
    private @Nullable E running;
    private long since;

    /** Creates a clock that is paused. */
    public PhaseClock(Class<E> phases) {
        this(phases, System::nanoTime);
    }

    /** Creates a clock that takes its time, in nanoseconds, from elsewhere. */
    public PhaseClock(Class<E> phases, LongSupplier clock) {
        this.phases = phases;
        this.nanos = new long[phases.getEnumConstants().length];
        this.clock = clock;
    }

    /** Assigns the time from now on to a phase. */
    public void enter(E phase) {
        if (phase != running) {
            switchTo(phase);
        }
    }

    /** Assigns the time from now on to no phase. */
    public void pause() {
        if (running != null) {
            switchTo(null);
        }
    }

    private void switchTo(@Nullable E next) {
        long now = clock.getAsLong();
        if (running != null) {
            nanos[running.ordinal()] += now - since;
        }
        running = next;
        since = now;
    }

    /** Returns the time of every phase until the last switch. */
    public Map<E, Duration> times() {
        Map<E, Duration> times = new EnumMap<>(phases);
        for (E phase : phases.getEnumConstants()) {
            times.put(phase, Duration.ofNanos(nanos[phase.ordinal()]));
        }
        return times;
    }
}

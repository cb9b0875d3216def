package org.blazefl4j.core;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A stopwatch for the phases of one round, for trainers. It stands still until a phase begins; every moment from then
 * on belongs to one phase or, while it stands still, to none. Switching takes one look at the clock and no memory. Used
 * by one thread.
 */
public final class PhaseClock {

    private final LongSupplier clock;
    private final long[] nanos = new long[Phase.values().length];
    private @Nullable Phase running;
    private long since;

    /** A clock that stands still. */
    public PhaseClock() {
        this(System::nanoTime);
    }

    /** A clock that takes its time, in nanoseconds, from elsewhere. */
    PhaseClock(LongSupplier clock) {
        this.clock = clock;
    }

    /** The time from now on belongs to a phase. */
    public void enter(Phase phase) {
        if (phase != running) {
            switchTo(phase);
        }
    }

    /** The time from now on belongs to no phase: code of the caller's runs. */
    public void pause() {
        if (running != null) {
            switchTo(null);
        }
    }

    private void switchTo(@Nullable Phase next) {
        long now = clock.getAsLong();
        if (running != null) {
            nanos[running.ordinal()] += now - since;
        }
        running = next;
        since = now;
    }

    /** What was measured up to the last switch. */
    public PhaseTimes times() {
        return new PhaseTimes(nanos.clone());
    }
}

package org.blazefl4j.worker;

import org.blazefl4j.core.StopEvent;
import org.jspecify.annotations.Nullable;

/**
 * The stop event for clients of this process: set with the trainer's event, or if the running round must end for
 * another reason. Set if no round runs.
 */
public final class RoundStopEvent implements StopEvent {

    private final StopEvent trainers;
    private volatile @Nullable RoundContext<?, ?, ?> running;

    public RoundStopEvent(StopEvent trainers) {
        this.trainers = trainers;
    }

    /** Sets or clears the running round. */
    public void follow(@Nullable RoundContext<?, ?, ?> round) {
        running = round;
    }

    @Override
    public void set() {
        trainers.set();
    }

    @Override
    public void clear() {
        trainers.clear();
    }

    @Override
    public boolean isSet() {
        RoundContext<?, ?, ?> round = running;
        return round == null || round.stopRequested();
    }
}

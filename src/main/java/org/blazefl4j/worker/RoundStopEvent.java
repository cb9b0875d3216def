package org.blazefl4j.worker;

import org.blazefl4j.core.StopEvent;

/**
 * What clients of this process look at: the trainer's stop event, or any other reason to end the round that runs.
 * Without a round it is set.
 */
public final class RoundStopEvent implements StopEvent {

    private final StopEvent trainers;
    private volatile RoundContext<?, ?, ?> running;

    /** Before the first round. */
    public RoundStopEvent(StopEvent trainers) {
        this.trainers = trainers;
    }

    /** This round runs from now on; null if none does. */
    public void follow(RoundContext<?, ?, ?> round) {
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
